"""The rights a token needs to write, in the dashboard's words. Those to read stand in
``cf525.account.rights``; a right to edit includes the one to read the same."""

from enum import StrEnum


class WriteRight(StrEnum):
    """A permission group that writes."""

    CONFIG_RULES = "Config Rules Edit"
    ORIGIN_RULES = "Origin Rules Edit"
    ZONE_SETTINGS = "Zone Settings Edit"
    DNS = "DNS Edit"
    CERTIFICATES = "SSL and Certificates Edit"
    POOLS = "Load Balancing: Monitors and Pools Edit"
