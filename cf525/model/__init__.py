"""The words of the product as frozen data: target, route, observation, verdict, finding, report.

No behaviour beyond their own invariants; every layer above speaks in these types.
"""

from cf525.model.audit import AUDIT_SCHEMA, AuditReport, HostRow, Risk, Severity, Traffic, ZoneGap
from cf525.model.finding import Evidence, Finding, Remedy, Unknown
from cf525.model.observation import (
    Alert,
    CertificateRequest,
    Ending,
    HttpAnswer,
    KeyProof,
    Note,
    Observation,
    Plaintext,
    ServerHello,
    Stage,
    Timings,
    TraceEntry,
    Variation,
)
from cf525.model.report import SCHEMA, Report, RouteStatus, ZoneFacts
from cf525.model.route import Certainty, NotProbeable, PostQuantum, Provenance, Route
from cf525.model.target import Target
from cf525.model.verdict import (
    CertificateFacts,
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
)

__all__ = [
    "AUDIT_SCHEMA",
    "SCHEMA",
    "Alert",
    "AuditReport",
    "Certainty",
    "CertificateFacts",
    "CertificateRequest",
    "ChainVerdict",
    "Confidence",
    "Defect",
    "DefectClass",
    "EdgeStatus",
    "Ending",
    "Evidence",
    "Finding",
    "HostRow",
    "HttpAnswer",
    "KeyProof",
    "NotProbeable",
    "Note",
    "Observation",
    "Plaintext",
    "PostQuantum",
    "Provenance",
    "Remedy",
    "Report",
    "Risk",
    "Route",
    "RouteStatus",
    "ServerHello",
    "Severity",
    "Stage",
    "Target",
    "Timings",
    "TraceEntry",
    "Traffic",
    "Unknown",
    "Variation",
    "ZoneFacts",
    "ZoneGap",
]
