"""The rights a token needs, in the dashboard's words, once.

What reads something names its right from here, and so do the recipe of ``doctor``, the lab's
tokens and every "it needs ...". Writing needs rights of its own, which stand with the changes.

Source: developers.cloudflare.com/fundamentals/api/reference/permissions; what each endpoint takes
stands in its API page ("Accepted Permissions"), where it publishes one.
"""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from cf525.values import dataclass

DASHBOARD: Final = "https://dash.cloudflare.com/profile/api-tokens"


class Right(StrEnum):
    """A permission group that reads."""

    ZONE = "Zone Read"
    ZONE_SETTINGS = "Zone Settings Read"
    DNS = "DNS Read"
    CERTIFICATES = "SSL and Certificates Read"
    CONFIG_RULES = "Config Rules Read"
    ORIGIN_RULES = "Origin Rules Read"
    PAGE_RULES = "Page Rules Read"
    LOAD_BALANCERS = "Load Balancers Read"
    WORKERS_ROUTES = "Workers Routes Read"
    CLOUD_CONNECTOR = "Cloud Connector Read"
    SNIPPETS = "Snippets Read"
    ANALYTICS = "Analytics Read"
    HEALTH_CHECKS = "Health Checks Read"
    POOLS = "Load Balancing: Monitors and Pools Read"
    TUNNEL = "Cloudflare Tunnel Read"
    WORKERS_SCRIPTS = "Workers Scripts Read"
    TRACER = "Allow Request Tracer Read"
    ACCOUNT_DNS = "Account DNS Settings Read"
    ACCOUNT_ANALYTICS = "Account Analytics Read"
    ACCOUNT_SETTINGS = "Account Settings Read"
    USER_DETAILS = "User Details Read"


class Scope(StrEnum):
    """Where a right is given in the dashboard's form."""

    ZONE = "Zone"
    ACCOUNT = "Account"
    USER = "User"


class Purpose(StrEnum):
    """What a right is for: without the core nothing can be told, the others make it surer."""

    CORE = "core"
    ROUTES = "routes"
    SINCE = "since"  # diagnose --since
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Use:
    """What one right is good for. ``key`` names it in a link to the dashboard's form; empty where
    no key is known.

    Source of the keys: developers.cloudflare.com/fundamentals/api/how-to/
    account-owned-token-template (documented: zone, page_rules, analytics, workers_routes,
    workers_scripts, account_analytics, account_settings); the others were seen in links that
    tools of third parties publish (observed).
    """

    right: Right
    scope: Scope
    purposes: tuple[Purpose, ...]
    key: str = ""


_ZONE, _ACCOUNT = Scope.ZONE, Scope.ACCOUNT
_ROUTES = (Purpose.ROUTES,)

USES: Final = (
    Use(Right.ZONE, _ZONE, (Purpose.CORE,), "zone"),
    Use(Right.ZONE_SETTINGS, _ZONE, (Purpose.CORE,), "zone_settings"),
    Use(Right.DNS, _ZONE, (Purpose.CORE,), "dns"),
    Use(Right.CERTIFICATES, _ZONE, _ROUTES, "ssl_and_certificates"),
    Use(Right.CONFIG_RULES, _ZONE, _ROUTES),
    Use(Right.ORIGIN_RULES, _ZONE, _ROUTES),
    Use(Right.PAGE_RULES, _ZONE, _ROUTES, "page_rules"),
    Use(Right.LOAD_BALANCERS, _ZONE, _ROUTES, "load_balancers"),
    Use(Right.WORKERS_ROUTES, _ZONE, _ROUTES, "workers_routes"),
    Use(Right.CLOUD_CONNECTOR, _ZONE, _ROUTES),
    Use(Right.SNIPPETS, _ZONE, _ROUTES),
    Use(Right.ANALYTICS, _ZONE, (Purpose.SINCE, Purpose.AUDIT)),
    Use(Right.HEALTH_CHECKS, _ZONE, (Purpose.SINCE,)),
    Use(Right.POOLS, _ACCOUNT, (Purpose.ROUTES, Purpose.SINCE)),
    Use(Right.TUNNEL, _ACCOUNT, _ROUTES),
    Use(Right.WORKERS_SCRIPTS, _ACCOUNT, _ROUTES, "workers_scripts"),
    Use(Right.TRACER, _ACCOUNT, (Purpose.ROUTES, Purpose.SINCE)),
    Use(Right.ACCOUNT_DNS, _ACCOUNT, (Purpose.ROUTES, Purpose.AUDIT)),
    Use(Right.ACCOUNT_ANALYTICS, _ACCOUNT, (Purpose.AUDIT,)),
    Use(Right.ACCOUNT_SETTINGS, _ACCOUNT, (Purpose.SINCE,)),
    Use(Right.USER_DETAILS, Scope.USER, (Purpose.SINCE,)),
)

CORE: Final = tuple(use.right for use in USES if Purpose.CORE in use.purposes)


def rights_for(*purposes: Purpose) -> tuple[Right, ...]:
    """The rights that serve any of these purposes, in the order of the table."""
    return tuple(use.right for use in USES if set(purposes) & set(use.purposes))


def token_link(rights: Iterable[Right]) -> str:
    """The dashboard's form for a new token with these rights chosen, as far as keys are known."""
    wanted = set(rights)
    chosen = [{"key": use.key, "type": "read"} for use in USES if use.right in wanted and use.key]
    keys = quote(json.dumps(chosen, separators=(",", ":")), safe="")
    return f"{DASHBOARD}?permissionGroupKeys={keys}&accountId=*&zoneId=all&name=cf525"


def recipe(rights: Iterable[Right] = Right) -> str:
    """The rights as a person enters them: 'Zone: Zone Read, ... Account: ...'."""
    wanted = set(rights)
    parts = []
    for scope in Scope:
        names = [use.right for use in USES if use.scope is scope and use.right in wanted]
        if names:
            parts.append(f"{scope}: {', '.join(names)}.")
    return " ".join(parts)
