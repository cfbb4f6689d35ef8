"""``doctor``: what the token can read, and whether this machine would mislead a diagnosis.

Every check ends in one of three states: fine, wrong, or not known because. Nothing is probed but
the API, the resolver, and the API's own certificate.
"""

import asyncio
import os
import ssl
from collections.abc import Awaitable, Sequence
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from cf525.account.client import Client
from cf525.account.credentials import Credentials, TokenKind
from cf525.account.readings import ACCOUNT_DNS, READINGS, read_all
from cf525.account.rights import CORE, Right, recipe
from cf525.account.zone import list_zones
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.edgeview.warp import signs
from cf525.errors import ApiError, Cf525Error, PermissionRefused
from cf525.model import ZoneFacts
from cf525.net import trust_list
from cf525.net.dns import Existence, Resolver
from cf525.values import dataclass

SKEW: Final = 30.0
"""Seconds by which clocks may differ before dates of certificates are read wrongly."""


class State(StrEnum):
    FINE = "fine"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at. ``core`` ones decide the exit status."""

    id: str
    state: State
    text: str
    core: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    schema: str
    checks: tuple[Check, ...]
    recipe: str = field(default_factory=recipe)

    @property
    def sound(self) -> bool:
        """Whether no core check is wrong."""
        return not any(each.core and each.state is not State.FINE for each in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What to examine. ``zone`` is a zone's name; without one the first visible is used."""

    credentials: Credentials
    api_base: str = ""
    resolver: tuple[str, int] | None = None
    zone: str = ""


async def examine(patient: Patient) -> Examination:
    """All checks. Raises CredentialsError or ApiError when the API cannot be asked at all."""
    options = Options(
        credentials=patient.credentials, api_base=patient.api_base, resolver=patient.resolver
    )
    async with Outside(options) as outside:
        client = outside.client
        assert client is not None
        zones = await list_zones(client)
        token = await _token(client, patient.credentials, zones)
        rights = await _rights(client, zones, patient.zone)
        others = await asyncio.gather(
            _guarded("clock", _clock(client.base_url)),
            _guarded("resolver", _resolver(outside.resolver, patient.zone, client.base_url)),
            _guarded("interception", _interception(client.base_url)),
        )
        warp = _warp(outside.resolver)
    checks = (token, *rights, *others, _proxies(), warp, _trust_list())
    return Examination(schema="cf525.doctor/1", checks=checks)


async def _guarded(id: str, check: Awaitable[Check]) -> Check:
    try:
        return await check
    except (OSError, Cf525Error, ValueError) as error:
        return Check(id=id, state=State.UNKNOWN, text=f"could not be checked ({_name(error)})")


def _name(error: Exception) -> str:
    return error.message if isinstance(error, Cf525Error) else type(error).__name__


async def _token(client: Client, credentials: Credentials, zones: Sequence[ZoneFacts]) -> Check:
    path = "/user/tokens/verify"
    if credentials.kind is TokenKind.ACCOUNT and zones:
        path = f"/accounts/{zones[0].account_id}/tokens/verify"
    try:
        found = await client.get(path)
    except ApiError:
        found = {}
    status = str(found.get("status") or "") if isinstance(found, dict) else ""
    expires = str(found.get("expires_on") or "") if isinstance(found, dict) else ""
    seen = f"{len(zones)} zone{'s' * (len(zones) != 1)} visible"
    if not zones:
        return Check(id="token", state=State.WRONG, text="the token sees no zone", core=True)
    until = f", expires {expires}" if expires else ""
    return Check(
        id="token", state=State.FINE, text=f"{status or 'accepted'}, {seen}{until}", core=True
    )


async def _rights(client: Client, zones: Sequence[ZoneFacts], wanted: str) -> list[Check]:
    """Which rights the readings of one zone show the token to have."""
    zone = next((each for each in zones if wanted in ("", each.name)), None)
    if zone is None:
        return [Check(id="rights", state=State.UNKNOWN, text=f"no zone {wanted} to try them on")]
    names = {"zone": zone.id, "account": zone.account_id, "host": zone.name}
    tried = (*READINGS, ACCOUNT_DNS)
    outcomes = await read_all(client, tried, names)
    faults: dict[str, ApiError | None] = {}
    for reading in tried:
        faults[reading.needs] = faults.get(reading.needs) or outcomes[reading.id].why
    try:
        await client.get(f"/zones/{zone.id}/dns_records", {"per_page": "1"}, needs=Right.DNS)
        faults[Right.DNS] = None
    except ApiError as error:
        faults[Right.DNS] = error
    return [_right(needs, fault, zone.name) for needs, fault in sorted(faults.items())]


def _right(needs: str, fault: ApiError | None, zone: str) -> Check:
    """A right that is missing is wrong; an endpoint that fails otherwise leaves it open."""
    state, text = State.FINE, "can be read"
    if isinstance(fault, PermissionRefused):
        page = f"; see {fault.documentation}" if fault.documentation else ""
        state, text = State.WRONG, f"cannot be read in zone {zone}: the token lacks it{page}"
    elif fault is not None:
        state, text = State.UNKNOWN, f"could not be tried in zone {zone}: {fault.message}"
    return Check(id=f"right {needs}", state=state, text=text, core=needs in CORE)


async def _clock(base: str) -> Check:
    """The local clock against the Date of an answer of the API."""
    import httpx

    async with httpx.AsyncClient(timeout=5, trust_env=_through_proxy(base)) as http:
        before = datetime.now(UTC)
        try:
            answer = await http.get(f"{base}/ips")
        except httpx.HTTPError as error:
            return Check(
                id="clock", state=State.UNKNOWN, text=f"the API gave no time ({_name(error)})"
            )
    date = answer.headers.get("date")
    if date is None:
        return Check(id="clock", state=State.UNKNOWN, text="the API's answer bears no Date")
    skew = (before - parsedate_to_datetime(date)).total_seconds()
    if abs(skew) > SKEW:
        word = "fast" if skew > 0 else "slow"
        text = f"{abs(skew):.0f} s {word}: dates of certificates are read wrongly here"
        return Check(id="clock", state=State.WRONG, text=text, core=True)
    return Check(id="clock", state=State.FINE, text=f"within {SKEW:.0f} s of the API's", core=True)


def _through_proxy(base: str) -> bool:
    return urlsplit(base).scheme == "https"


async def _resolver(resolver: Resolver, zone: str, base: str) -> Check:
    asked = "the system's resolver"
    if resolver.server is not None:
        asked = f"{resolver.server[0]} port {resolver.server[1]}"
    host = zone or urlsplit(base).hostname or ""
    found = await resolver.lookup(host)
    if found.outcome is Existence.UNKNOWN:
        text = f"{asked} does not answer for {host} ({found.reason})"
        return Check(id="resolver", state=State.WRONG, text=text)
    return Check(id="resolver", state=State.FINE, text=f"{asked} answers")


async def _interception(base: str) -> Check:
    """Whether the API's certificate, as it arrives here, ends at a public root."""
    import certifi

    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname:
        return Check(id="interception", state=State.UNKNOWN, text="the API is asked without TLS")
    context = ssl.create_default_context(cafile=certifi.where())
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=context
            )
    except ssl.SSLCertVerificationError:
        text = (
            f"the certificate of {parts.hostname} as seen here is not a public one: something on "
            "this path re-signs TLS, and an origin's certificate may be re-signed too"
        )
        return Check(id="interception", state=State.WRONG, text=text, core=True)
    writer.close()
    text = f"{parts.hostname} shows a public certificate here"
    return Check(id="interception", state=State.FINE, text=text)


def _proxies() -> Check:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    found = [name for name in names if os.environ.get(name) or os.environ.get(name.lower())]
    if not found:
        return Check(id="proxies", state=State.FINE, text="none set")
    text = f"{', '.join(found)} set: the API is asked through it, origins are not"
    return Check(id="proxies", state=State.FINE, text=text)


def _warp(resolver: Resolver) -> Check:
    found = signs((), resolver.nameservers())
    if not found:
        return Check(id="warp", state=State.FINE, text="no sign of Cloudflare WARP here")
    text = f"{'; '.join(found)}: origins may see an address of Cloudflare's and not this machine's"
    return Check(id="warp", state=State.UNKNOWN, text=text)


def _trust_list() -> Check:
    local = trust_list.local()
    if local is None:
        text = "no copy of Cloudflare's published list; run: cf525 trust update"
        return Check(id="trust list", state=State.UNKNOWN, text=text)
    days = local.age / 86_400
    state = State.WRONG if local.stale else State.FINE
    return Check(id="trust list", state=state, text=f"{local.roots} roots, {days:.0f} days old")
