"""What lies behind a Cloudflare Tunnel: the service its connector asks, and how.

The connector's own connection to the service is neither the edge's nor visible from outside; the
rule of its configuration that serves the target is read, and judged by its own words.

Source: developers.cloudflare.com/cloudflare-one/connections/connect-networks (configuration file,
origin parameters, common errors).
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from cf525.account.client import Client
from cf525.account.endpoints import Endpoint
from cf525.account.expression import wildcard_groups
from cf525.account.readings import TUNNEL, TUNNEL_CONFIGURATION, ReadResult, read
from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.model import Ingress, NotProbeable, Provenance, Target, Unknown
from cf525.values import dataclass

SHOWN: Final = (
    *("originServerName", "matchSNItoHost", "noTLSVerify", "caPool", "http2Origin"),
    "httpHostHeader",
)
"""The parts of an originRequest that decide about TLS and names."""
CONNECTED: Final = ("healthy", "degraded")
_TLS_PORTS: Final = (443, 8443)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Behind:
    """A tunnel in words, its rule for the target, and what stays open about it."""

    why: Provenance
    unknowns: tuple[Unknown, ...]
    ingress: Ingress | None = None
    down: bool = False

    def of(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with what lies behind it."""
        reason = NotProbeable.TUNNEL_DOWN if self.down else endpoint.not_probeable
        return replace(endpoint, behind=self.why, ingress=self.ingress, not_probeable=reason)


async def look_behind(client: Client, account: str, tunnel: str, target: Target) -> Behind:
    """The tunnel's state and the ingress rule that serves ``target``."""
    names = {"account": account, "tunnel": tunnel}
    state, configuration = await asyncio.gather(
        read(client, TUNNEL, names), read(client, TUNNEL_CONFIGURATION, names)
    )
    unknowns = [each.unread for each in (state, configuration) if each.unread is not None]
    status = _text(state, "status")
    rules = _rules(configuration)
    if rules is None and configuration.unread is None:
        unknowns.append(_local(tunnel))
    try:
        options = _options(_config(configuration))
        ingress = None if rules is None else judged(rules, target, options)
    except (Unsupported, OverBudget):
        ingress = None
        unknowns.append(_not_followed(tunnel))
    detail = f"tunnel {_text(state, 'name') or tunnel}"
    detail += f" ({status})" if status else ""
    if ingress is not None and ingress.service:
        shown = "".join(f", {key} {value}" for key, value in ingress.options.items())
        detail += f" → {ingress.service}{shown}"
    return Behind(
        Provenance(source="api", detail=detail, reference=tunnel),
        tuple(unknowns),
        ingress,
        down=bool(status) and status not in CONNECTED,
    )


def judged(rules: Sequence[Row], target: Target, shared: Mapping[str, str]) -> Ingress:
    """The first rule that covers the target, with what is wrong with it by its own words.

    ``shared`` are the options that hold for every rule which does not set them itself. Raises
    Unsupported or OverBudget where it depends on a path that is not followed here.
    """
    with budget(SET_STEPS, "the paths of the tunnel's rules"):
        rule = next((each for each in rules if _covers(each, target)), None)
    open_ended = () if not rules or not rules[-1].get("hostname") else ("no-catch-all",)
    if rule is None:
        return Ingress(faults=("no-rule", *open_ended))
    options = {**shared, **_options(rule)}
    service = str(rule.get("service") or "")
    hostname = str(rule.get("hostname") or "")
    return Ingress(
        hostname=hostname,
        path=str(rule.get("path") or ""),
        service=service,
        options=options,
        faults=(*_faults(service, options, named=bool(hostname)), *open_ended),
    )


def _faults(service: str, options: Mapping[str, str], *, named: bool) -> Iterator[str]:
    if service.startswith("http_status:"):
        if not named:
            yield "catch-all-only"
        return
    place = _split(service)
    if place is None:
        return
    port = _port(place)
    if place.scheme == "http" and port in _TLS_PORTS:
        yield "plain-to-tls-port"
    if place.scheme == "https" and port == 80:
        yield "tls-to-plain-port"
    named_by = ("originServerName", "matchSNItoHost", "noTLSVerify")
    unnamed = all(options.get(name, "") in ("", "false") for name in named_by)
    if place.scheme == "https" and _nobodys_name(place.hostname or "") and unnamed:
        yield "no-server-name"


def _nobodys_name(host: str) -> bool:
    """Whether no public certificate can be for it: an address, localhost, a bare label."""
    try:
        ip_address(host)
    except ValueError:
        return "." not in host
    return True


def _split(service: str) -> SplitResult | None:
    try:
        return urlsplit(service)
    except ValueError:
        return None


def _port(place: SplitResult) -> int | None:
    try:
        return place.port
    except ValueError:
        return None


def _config(outcome: ReadResult) -> Row:
    config = outcome.value.get("config") if isinstance(outcome.value, Mapping) else None
    return config if isinstance(config, Mapping) else {}


def _rules(outcome: ReadResult) -> list[Row] | None:
    """The ingress rules; None where they are not kept at Cloudflare, or were not read."""
    rules = _config(outcome).get("ingress")
    if not isinstance(rules, list) or not rules:
        return None
    return [rule for rule in rules if isinstance(rule, Mapping)]


def _options(rule: Row) -> dict[str, str]:
    given = rule.get("originRequest")
    options = given if isinstance(given, Mapping) else {}
    return {key: _shown(options[key]) for key in SHOWN if options.get(key) not in (None, "")}


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)[:200]


def _covers(rule: Row, target: Target) -> bool:
    hostname, path = str(rule.get("hostname") or "*"), str(rule.get("path") or "")
    if wildcard_groups(hostname, target.host, strict=False) is None:
        return False
    return not path or matches(path, target.path.partition("?")[0])


def _text(outcome: ReadResult, key: str) -> str:
    value = outcome.value.get(key) if isinstance(outcome.value, Mapping) else None
    return value if isinstance(value, str) else ""


def _not_followed(tunnel: str) -> Unknown:
    return Unknown(
        id="tunnel-configured-locally",
        text=f"Which rule of the tunnel {tunnel} serves this path cf525 cannot work out: an "
        "expression before it is not followed here.",
        next="Ask cloudflared: cloudflared tunnel ingress rule URL.",
    )


def _local(tunnel: str) -> Unknown:
    return Unknown(
        id="tunnel-configured-locally",
        text=f"Which service the tunnel {tunnel} leads to is written on the connector's machine.",
        next="Read config.yml there, and run cf525 on that machine against the service.",
    )
