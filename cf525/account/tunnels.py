"""What lies behind a Cloudflare Tunnel: the service its connector asks, and how.

The connector's own TLS to the service is neither the edge's nor visible from outside; it is
described, not judged.

Source: developers.cloudflare.com/cloudflare-one/connections/connect-networks (origin
parameters, common errors).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.expression import wildcard_groups
from cf525.account.readings import TUNNEL, TUNNEL_CONFIGURATION, ReadResult, read
from cf525.edge.regex import matches
from cf525.model import Provenance, Target, Unknown

_SHOWN: Final = ("originServerName", "matchSNItoHost", "noTLSVerify", "caPool", "http2Origin")


@dataclass(frozen=True, slots=True)
class Behind:
    """A tunnel in words, and what stays open about it."""

    why: Provenance
    unknowns: tuple[Unknown, ...]


async def look_behind(client: Client, account: str, tunnel: str, target: Target) -> Behind:
    """The tunnel's state and the ingress rule that serves ``target``."""
    names = {"account": account, "tunnel": tunnel}
    state, configuration = await asyncio.gather(
        read(client, TUNNEL, names), read(client, TUNNEL_CONFIGURATION, names)
    )
    unknowns = [each.unread for each in (state, configuration) if each.unread is not None]
    status = _text(state, "status")
    if status and status not in ("healthy", "degraded"):
        unknowns.append(_no_connector(tunnel, status))
    service = _service(configuration, target)
    if service is None and configuration.unread is None:
        unknowns.append(_local(tunnel))
    detail = f"tunnel {_text(state, 'name') or tunnel}"
    detail += f" ({status})" if status else ""
    detail += f" → {service}" if service else ""
    return Behind(Provenance(source="api", detail=detail, reference=tunnel), tuple(unknowns))


def _service(outcome: ReadResult, target: Target) -> str | None:
    """The service of the first ingress rule that covers the target, with its TLS options."""
    config = outcome.value.get("config") if isinstance(outcome.value, Mapping) else None
    rules = config.get("ingress") if isinstance(config, Mapping) else None
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, Mapping) and _covers(rule, target):
            options = rule.get("originRequest")
            given = options if isinstance(options, Mapping) else {}
            shown = "".join(f", {key} {given[key]}" for key in _SHOWN if key in given)
            return f"{rule.get('service')}{shown}"
    return None


def _covers(rule: Mapping[str, Any], target: Target) -> bool:
    hostname, path = str(rule.get("hostname") or "*"), str(rule.get("path") or "")
    if wildcard_groups(hostname, target.host, strict=False) is None:
        return False
    try:
        return not path or matches(path, target.path.partition("?")[0])
    except ValueError:
        return False


def _text(outcome: ReadResult, key: str) -> str:
    value = outcome.value.get(key) if isinstance(outcome.value, Mapping) else None
    return value if isinstance(value, str) else ""


def _no_connector(tunnel: str, status: str) -> Unknown:
    return Unknown(
        id="tunnel-not-connected",
        text=f"The tunnel {tunnel} is {status}: without a connector visitors get 530 with error "
        "1033.",
        next="Start cloudflared on the connector's machine.",
    )


def _local(tunnel: str) -> Unknown:
    return Unknown(
        id="tunnel-configured-locally",
        text=f"Which service the tunnel {tunnel} leads to is written on the connector's machine.",
        next="Read config.yml there, and run cf525 on that machine against the service.",
    )
