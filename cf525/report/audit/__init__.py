"""An audit in every format it can be read in, all rendered from one ``AuditReport``."""
