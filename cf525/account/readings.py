"""What is read of a zone's configuration, as one table: where it stands, which right it needs,
and what its absence would leave open.

A reading that fails is kept as a named unknown and never fails the run. What the values mean
for a route is decided elsewhere.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Final
from urllib.parse import quote

from cf525.account.client import Client, nothing
from cf525.account.rights import Right
from cf525.errors import ApiError, NotFound, PermissionRefused
from cf525.model import Unknown
from cf525.values import dataclass

NO_ADVANCED_CERTIFICATES: Final = 1450
"""Error code of the trust store in zones without Advanced Certificate Manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing to read. ``path`` is filled with ``zone``, ``account`` and ``host``.

    ``per_page`` is set for lists with pages, ``listed`` for lists without. A 404, and any error
    with one of the codes ``absent``, means that there is none of it when ``optional`` is set.
    """

    id: str
    path: str
    needs: str
    what: str
    matters: str
    params: Mapping[str, str] = field(default_factory=dict)
    per_page: int = 0
    listed: bool = False
    optional: bool = False
    absent: tuple[int, ...] = ()
    otherwise: str = ""
    """What else would settle it."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A value, nothing (there is none), or the unknown that stands for it. ``why`` is the error
    behind that unknown."""

    value: Any = None
    unread: Unknown | None = None
    why: ApiError | None = None


ROUTING: Final = (
    Reading(
        id="ssl",
        path="/zones/{zone}/settings/ssl",
        needs=Right.ZONE_SETTINGS,
        what="The zone's encryption mode",
        matters="it decides whether the edge speaks TLS to the origin and checks certificates",
        otherwise=", or give the mode that the dashboard shows with --mode",
    ),
    Reading(
        id="ssl_automatic_mode",
        path="/zones/{zone}/settings/ssl_automatic_mode",
        needs=Right.ZONE_SETTINGS,
        what="Whether Automatic SSL/TLS manages the mode",
        matters="a roll-out in progress serves part of the visitors in a higher mode",
    ),
    Reading(
        id="page_rules",
        path="/zones/{zone}/pagerules",
        needs=Right.PAGE_RULES,
        what="The zone's Page Rules",
        matters="one may set another mode, Host header or origin for this URL",
        params={"status": "active"},
        listed=True,
    ),
    Reading(
        id="config_rules",
        path="/zones/{zone}/rulesets/phases/http_config_settings/entrypoint",
        needs=Right.CONFIG_RULES,
        what="The zone's Configuration Rules",
        matters="one may set another mode for this URL",
        optional=True,
    ),
    Reading(
        id="origin_rules",
        path="/zones/{zone}/rulesets/phases/http_request_origin/entrypoint",
        needs=Right.ORIGIN_RULES,
        what="The zone's Origin Rules",
        matters="one may set another origin, port, Host header or SNI for this URL",
        optional=True,
    ),
    Reading(
        id="load_balancers",
        path="/zones/{zone}/load_balancers",
        needs=Right.LOAD_BALANCERS,
        what="The zone's load balancers",
        matters="one of this name takes the place of its DNS records",
        listed=True,
    ),
    Reading(
        id="cloud_connector",
        path="/zones/{zone}/cloud_connector/rules",
        needs=Right.CLOUD_CONNECTOR,
        what="The zone's Cloud Connector rules",
        matters="one may send this URL to an object store",
        listed=True,
    ),
    Reading(
        id="worker_routes",
        path="/zones/{zone}/workers/routes",
        needs=Right.WORKERS_ROUTES,
        what="The zone's Worker routes",
        matters="a Worker may answer in the origin's place, or fetch from elsewhere",
        listed=True,
    ),
    Reading(
        id="snippets",
        path="/zones/{zone}/snippets/snippet_rules",
        needs=Right.SNIPPETS,
        what="The zone's Snippets",
        matters="one may answer in the origin's place, or fetch from elsewhere",
        listed=True,
    ),
)
"""What decides where a request goes, and in which mode."""

HANDSHAKE: Final = (
    Reading(
        id="tls_client_auth",
        path="/zones/{zone}/settings/tls_client_auth",
        needs=Right.ZONE_SETTINGS,
        what="Global Authenticated Origin Pulls",
        matters="it decides whether the edge shows the origin a client certificate",
    ),
    Reading(
        id="aop_zone",
        path="/zones/{zone}/origin_tls_client_auth/settings",
        needs=Right.CERTIFICATES,
        what="Zone-level Authenticated Origin Pulls",
        matters="it decides which client certificate the edge shows the origin",
    ),
    Reading(
        id="aop_host",
        path="/zones/{zone}/origin_tls_client_auth/hostnames/{host}",
        needs=Right.CERTIFICATES,
        what="Authenticated Origin Pulls of this hostname",
        matters="they override the zone's, and can switch the client certificate off",
        optional=True,
    ),
    Reading(
        id="origin_pqe",
        path="/zones/{zone}/cache/origin_post_quantum_encryption",
        needs=Right.ZONE_SETTINGS,
        what="The post-quantum setting towards origins",
        matters="it decides the key shares in the edge's ClientHello",
    ),
    Reading(
        id="origin_max_http_version",
        path="/zones/{zone}/settings/origin_max_http_version",
        needs=Right.ZONE_SETTINGS,
        what="The HTTP version towards origins",
        matters="it decides whether the edge offers h2",
    ),
    Reading(
        id="trust_store",
        path="/zones/{zone}/acm/custom_trust_store",
        needs=Right.CERTIFICATES,
        what="The Custom Origin Trust Store",
        matters="one certificate in it replaces all public authorities in Full (strict)",
        per_page=50,
        absent=(NO_ADVANCED_CERTIFICATES,),
    ),
    Reading(
        id="auto_origin_tls_kex",
        path="/zones/{zone}/settings/auto_origin_tls_kex",
        needs=Right.ZONE_SETTINGS,
        what="Automatic key exchange",
        matters="it may change the first key share in the edge's ClientHello",
        optional=True,
    ),
    Reading(
        id="origin_tls_compliance_modes",
        path="/zones/{zone}/settings/origin_tls_compliance_modes",
        needs=Right.ZONE_SETTINGS,
        what="The compliance modes towards origins",
        matters="one may forbid the key exchange that this origin needs",
        optional=True,
    ),
)
"""What shapes a handshake with an origin: read only where the edge makes one."""

READINGS: Final = (*ROUTING, *HANDSHAKE)

WORKER_DOMAINS: Final = Reading(
    id="worker_domains",
    path="/accounts/{account}/workers/domains",
    needs=Right.WORKERS_SCRIPTS,
    what="The account's Worker custom domains",
    matters="a Worker may be the origin of this hostname",
    params={"zone_id": "{zone}"},
    listed=True,
)
ALWAYS_HTTPS: Final = Reading(
    id="always_use_https",
    path="/zones/{zone}/settings/always_use_https",
    needs=Right.ZONE_SETTINGS,
    what="Always Use HTTPS",
    matters="it redirects http visitors at the edge",
)
POOLS: Final = Reading(
    id="pools",
    path="/accounts/{account}/load_balancers/pools",
    needs=Right.POOLS,
    what="The account's load balancing pools",
    matters="they hold the addresses of the origins",
    listed=True,
)
SPECTRUM: Final = Reading(
    id="spectrum",
    path="/zones/{zone}/spectrum/apps",
    needs=Right.ZONE_SETTINGS,
    what="The zone's Spectrum applications",
    matters="one may serve this port",
    per_page=100,
)
FALLBACK_ORIGIN: Final = Reading(
    id="fallback_origin",
    path="/zones/{zone}/custom_hostnames/fallback_origin",
    needs=Right.CERTIFICATES,
    what="The fallback origin of custom hostnames",
    matters="it is where this custom hostname is sent",
    optional=True,
)
CUSTOM_HOSTNAME: Final = Reading(
    id="custom_hostname",
    path="/zones/{zone}/custom_hostnames",
    needs=Right.CERTIFICATES,
    what="The zone's custom hostnames",
    matters="this hostname may be one of them",
    params={"hostname.exact": "{host}"},
    per_page=50,
)
HOSTNAME_CERTIFICATES: Final = Reading(
    id="hostname_certificates",
    path="/zones/{zone}/origin_tls_client_auth/hostnames/certificates",
    needs=Right.CERTIFICATES,
    what="The client certificates of hostnames",
    matters="without any, no hostname has its own",
    listed=True,
)
ACCOUNT_DNS: Final = Reading(
    id="account_dns",
    path="/accounts/{account}/dns_settings",
    needs=Right.ACCOUNT_DNS,
    what="Whether the account answers DNS only",
    matters="then visitors meet the origin and not the edge",
)
"""``enforce_dns_only``: dns/proxy-status/enforce-dns-only (documented, April 2026)."""
MONITORS: Final = Reading(
    id="monitors",
    path="/accounts/{account}/load_balancers/monitors",
    needs=Right.POOLS,
    what="The account's load balancing monitors",
    matters="one that judges no certificate calls an origin healthy which the edge refuses",
    listed=True,
)
TUNNEL: Final = Reading(
    id="tunnel",
    path="/accounts/{account}/cfd_tunnel/{tunnel}",
    needs=Right.TUNNEL,
    what="The tunnel's state",
    matters="without a connector visitors get 530 with error 1033",
)
TUNNEL_CONFIGURATION: Final = Reading(
    id="tunnel_configuration",
    path="/accounts/{account}/cfd_tunnel/{tunnel}/configurations",
    needs=Right.TUNNEL,
    what="The tunnel's configuration",
    matters="it says which service the connector asks, and how",
)


async def read_all(
    client: Client, readings: Iterable[Reading], names: Mapping[str, str]
) -> dict[str, ReadResult]:
    """All readings at once, by id; ``names`` fills ``zone``, ``account`` and ``host``."""
    wanted = tuple(readings)
    outcomes = await asyncio.gather(*(read(client, reading, names) for reading in wanted))
    return {reading.id: outcome for reading, outcome in zip(wanted, outcomes, strict=True)}


async def read(client: Client, reading: Reading, names: Mapping[str, str]) -> ReadResult:
    """One reading: its value, nothing, or the unknown it leaves."""
    quoted = {key: quote(value, safe="") for key, value in names.items()}
    path = reading.path.format(**quoted)
    params = {key: value.format(**names) for key, value in reading.params.items()}
    try:
        if reading.per_page:
            listing = await client.paged(
                path, params, per_page=reading.per_page, needs=reading.needs
            )
            return ReadResult(listing.rows, None if listing.complete else cut_short(reading))
        if reading.listed:
            return ReadResult(await client.rows(path, params, needs=reading.needs))
        value = await client.get(path, params, needs=reading.needs)
        if value is None:
            raise nothing(path)
        return ReadResult(value)
    except NotFound as error:
        return ReadResult() if reading.optional else _failed(reading, error)
    except ApiError as error:
        if set(reading.absent).intersection(error.codes):
            return ReadResult()
        return _failed(reading, error)


def _failed(reading: Reading, error: ApiError) -> ReadResult:
    return ReadResult(unread=unread(reading, error), why=error)


def unread(reading: Reading, error: ApiError) -> Unknown:
    """The unknown a failed reading leaves, with what would settle it."""
    if isinstance(error, PermissionRefused):
        page = f" ({error.documentation})" if error.documentation else ""
        return Unknown(
            id=f"unread-{reading.id.replace('_', '-')}",
            text=f"{reading.what} could not be read: the token lacks {reading.needs}; "
            f"{reading.matters}.",
            next=f"Give the token {reading.needs} and run again{page}{reading.otherwise}.",
        )
    return Unknown(
        id=f"unread-{reading.id.replace('_', '-')}",
        text=f"{reading.what} could not be read: {error.message}; {reading.matters}.",
        next=f"Run again; {error.hint}." if error.hint else "Run again.",
    )


def cut_short(reading: Reading) -> Unknown:
    """The unknown of a list that the server would not page through."""
    return Unknown(
        id=f"incomplete-{reading.id.replace('_', '-')}",
        text=f"{reading.what} could not be read to the end: the API repeats a page; "
        f"{reading.matters}.",
        next="Look at the rest in the dashboard.",
    )
