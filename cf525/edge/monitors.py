"""Where Cloudflare's health monitors differ from its edge, as facts with their source.

Load balancing monitors and Health Checks lose RSA key exchange and 3DES in TLS 1.2 and below; the
edge keeps both. From that day on a monitor's word is not the edge's for such an origin.

Source: developers.cloudflare.com/fundamentals/api/reference/deprecations (documented: deprecated
2026-11-05, ends 2027-02-01).
"""

from datetime import date
from typing import Final

from cf525.model.registry import TLS12

MONITOR_SUITES_END: Final = date(2027, 2, 1)
MONITOR_LACKS: Final = frozenset({0x000A, 0x002F, 0x0035, 0x009C, 0x009D, 0x003C, 0x003D})
"""RSA key exchange and 3DES."""


def monitor_differs(version: int, suite: int) -> bool:
    """Whether the edge speaks what an origin chose, and a monitor no longer does."""
    return version <= TLS12 and suite in MONITOR_LACKS
