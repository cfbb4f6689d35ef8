"""Spectrum: Cloudflare as a proxy of TCP in front of a name and a port.

Its failures close the connection and never show as a status, so that an application is told and
not judged.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cf525.model import Target, Unknown
from cf525.model.decoding import whole_number

Row = Mapping[str, Any]


def spectrum_application(rows: Iterable[Row] | None, target: Target) -> Unknown | None:
    """The Spectrum application of the target's host and port, in words."""
    for row in rows or ():
        dns = row.get("dns")
        if (
            isinstance(dns, Mapping)
            and dns.get("name") == target.host
            and _serves(row, target.port)
        ):
            origin = row.get("origin_direct") or row.get("origin_dns")
            return Unknown(
                id="spectrum-application",
                text=f"Spectrum serves {target.host} on port {target.port} ({row.get('protocol')}, "
                f"TLS {row.get('tls') or 'off'}, origin {origin}); its failures close the "
                "connection and never show as 525 or 526.",
                next="Probe the origin itself with --origin.",
            )
    return None


def _serves(row: Row, port: int) -> bool:
    """Whether a protocol such as ``tcp/22`` or ``tcp/1000-2000`` covers the port."""
    first, _, last = str(row.get("protocol") or "").partition("/")[2].partition("-")
    low, high = whole_number(first), whole_number(last or first)
    return low is not None and high is not None and low <= port <= high
