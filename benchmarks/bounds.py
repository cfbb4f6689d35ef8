"""Every figure by its name, with its unit and the most it may be.

The table of docs/figures.md shows these very names and bounds, which a test compares; a figure
that is not here cannot be reported.
"""

from typing import Final

BOUNDS: Final[dict[str, tuple[float, str]]] = {
    "cf525 --help against the import of typer and rich": (1.6, "×"),
    "cf525 --version against the import of typer and rich": (1.6, "×"),
    "CPU of one TLS 1.3 probe against a pyOpenSSL handshake": (1.5, "×"),
    "wall time of 500 concurrent probes against pyOpenSSL's": (1.5, "×"),
    "peak memory of 500 concurrent probes": (100, "MB"),
    "healthy host, API 100 ms and origin 50 ms away": (0.9, "s"),
    "connections to a healthy address, counted there": (1, ""),
    "verdict on an origin that never answers": (6, "s"),
    "hostile answers: seconds beyond --timeout": (1, "s"),
    "hostile answers: peak memory": (300, "MB"),
    "loading the trust anchors, once": (60, "ms"),
    "judging a chain, cold (CPU)": (15, "ms"),
    "judging a chain whose issuers were seen before (CPU)": (2, "ms"),
    "1,000 leaves of one intermediate (CPU)": (3, "s"),
    "peak memory of judging all these": (120, "MB"),
    "a zone with 5,000 records, resolved (CPU)": (1, "s"),
    "peak memory of that zone, server and all": (150, "MB"),
    "125 rules evaluated for one host (CPU)": (20, "ms"),
    "lint of 10,000 lines of nginx with 500 sites (CPU)": (1, "s"),
    "20,000 blank lines recognised as nothing (CPU)": (0.5, "s"),
    "API calls for one host, in full": (20, ""),
    "API calls for one host, --lean": (6, ""),
    "audit of 2,000 hosts against their bare handshakes, wall": (3, "×"),
    "audit of 200 hosts 50 ms away on ten addresses": (3, "s"),
    "audit of 10,000 hosts with faults, time a host": (2.5, "ms"),
    "audit of 10,000 hosts with faults, CPU a host": (2.5, "ms"),
    "audit of 10,000 hosts with faults, peak memory": (200, "MB"),
    "audit of 10,000 hosts in 1,000 zones with API faults, hosts with a wrong result": (0, ""),
    "audit of 10,000 hosts in 1,000 zones, API calls": (13_000, ""),
    "audit of 10,000 hosts in 1,000 zones, peak memory": (200, "MB"),
    "page of an audit of 5,000 hosts, ready": (2, "s"),
    "memory of an audit of 10,000 hosts over that of 1,000": (1.2, "×"),
    "audit of 2,000 hosts on two cores against one": (0.6, "×"),
    "audit of 2,000 hosts against their bare handshakes, both on two cores": (1.6, "×"),
    "memory of a cluster's client, five times the hosts over once": (1.2, "×"),
    "other results from a cluster than from one process": (0, ""),
    "API calls of the second stage": (0, ""),
    "connections to one address at once, counted there": (4, ""),
    "API calls for 1,000 zones of which 50 fail": (650, ""),
    "audit of 200 hosts of one origin against sslyze, certificates only": (0.25, "×"),
    "audit of 200 hosts of one origin against sslyze, default scan": (0.025, "×"),
    "connections a host of that audit": (2, ""),
    "--repeat 200 on loopback": (2, "s"),
    "the origin's share of a core at 20 connections a second": (5, "%"),
}


def bound(name: str) -> str:
    """The most a figure may be, as the page writes it."""
    most, unit = BOUNDS[name]
    return f"{most:g} {unit}".rstrip()
