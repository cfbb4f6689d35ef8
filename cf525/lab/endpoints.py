"""What the lab's API answers at each of its paths: a table, and one small function for each.

Whether a request gets here at all (credentials, permissions, query keys, faults) is decided by
``cf525.lab.api``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from cf525.account.rights import Right
from cf525.lab import payloads
from cf525.lab.world import Account, Token, World, Zone
from cf525.values import dataclass

Answer: TypeAlias = Callable[["Request"], Any]


class RefusedError(Exception):
    """An error answer: HTTP status, Cloudflare's code, its message, and the page that it names."""

    def __init__(self, status: int, code: int, message: str, page: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.page = status, code, message, page


@dataclass(frozen=True, slots=True)
class Request:
    """A request that passed every check, with the things its path names."""

    world: World
    token: Token
    parts: Mapping[str, str]
    query: Mapping[str, str]
    zones: Mapping[str, Zone]

    @property
    def zone(self) -> Zone:
        zone = self.zones.get(self.parts["zone"])
        if zone is not None and _visible(zone, self.token):
            return zone
        raise RefusedError(403, 9109, "Unauthorized to access requested resource")

    @property
    def account(self) -> Account:
        for account in self.world.accounts:
            if account.id == self.parts["account"]:
                return account
        raise RefusedError(403, 9109, "Unauthorized to access requested resource")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One GET endpoint: who may ask (any of ``needs``), with which query keys, and the range
    of ``per_page`` when the list has pages."""

    path: str
    answer: Answer
    needs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    per_page: tuple[int, int, int] | None = None  # least, default, most

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


def _visible(zone: Zone, token: Token) -> bool:
    return token.zones is None or zone.name in token.zones


def _zones(asked: Request) -> list[Any]:
    return [
        payloads.zone(asked.world, zone)
        for zone in asked.world.zones
        if _visible(zone, asked.token)
        and _named(zone.name, asked.query.get("name", zone.name))
        and asked.query.get("status", zone.status) == zone.status
        and asked.query.get("account.id", asked.world.account(zone.account).id)
        == asked.world.account(zone.account).id
    ]


def _named(name: str, wanted: str) -> bool:
    """A filter by name, with the one operator that is used here."""
    end = wanted.removeprefix("ends_with:")
    return name == wanted if end == wanted else name.endswith(end)


def _verify(asked: Request) -> Any:
    if asked.token.value.startswith("cfat_") and "account" not in asked.parts:
        raise RefusedError(401, 1000, "Invalid API Token")
    return {"id": "0" * 32, "status": asked.token.status}


def _setting(asked: Request) -> Any:
    value = payloads.setting(asked.zone, asked.parts["setting"])
    if value is None or asked.parts["setting"] == "origin_pqe":
        raise RefusedError(400, 1006, f"Unrecognized zone setting name {asked.parts['setting']}")
    return value


def _records(asked: Request) -> list[Any]:
    wanted = {"name": "name.exact", "type": "type"}
    return [
        payloads.record(record)
        for record in asked.zone.records
        if all(
            asked.query.get(key, getattr(record, part)).lower() == getattr(record, part).lower()
            for part, key in wanted.items()
        )
        and asked.query.get("proxied", str(record.proxied).lower()) == str(record.proxied).lower()
    ]


def _one_record(asked: Request) -> Any:
    for record in asked.zone.records:
        if payloads.record(record)["id"] == asked.parts["record"]:
            return payloads.record(record)
    raise RefusedError(404, 81044, "Record does not exist.")


def _entrypoint(asked: Request) -> Any:
    phases = {
        "http_config_settings": ("set_config", Right.CONFIG_RULES, asked.zone.config_rules),
        "http_request_origin": ("route", Right.ORIGIN_RULES, asked.zone.origin_rules),
    }
    phase = asked.parts["phase"]
    if phase not in phases:
        raise RefusedError(404, 10003, "could not find entrypoint ruleset")
    action, needs, rules = phases[phase]
    if needs not in asked.token.permissions:
        raise RefusedError(403, 10000, "Authentication error")
    if not rules and phase not in asked.zone.empty_rulesets:
        raise RefusedError(404, 10003, f"could not find entrypoint ruleset in the {phase} phase")
    return payloads.ruleset(asked.zone, phase, action, rules)


def _rulesets(asked: Request) -> list[Any]:
    phases = {
        "http_config_settings": asked.zone.config_rules,
        "http_request_origin": asked.zone.origin_rules,
        "http_request_snippets": asked.zone.snippets,
        "http_request_cloud_connector": asked.zone.cloud_connector,
    }
    return [payloads.ruleset(asked.zone, phase, "", ()) for phase, rules in phases.items() if rules]


def _page_rules(asked: Request) -> list[Any]:
    wanted = asked.query.get("status", "disabled")
    rules = [payloads.page_rule(rule) for rule in asked.zone.page_rules]
    return [rule for rule in rules if rule["status"] == wanted]


def _load_balancers(asked: Request) -> list[Any]:
    account = asked.world.account(asked.zone.account)
    return [payloads.load_balancer(account, one) for one in asked.zone.load_balancers]


def _custom_hostnames(asked: Request) -> list[Any]:
    wanted = asked.query.get("hostname.exact")
    return [
        payloads.custom_hostname(one)
        for one in asked.zone.custom_hostnames
        if wanted in (None, one.hostname)
    ]


def _fallback_origin(asked: Request) -> Any:
    if not asked.zone.fallback_origin:
        raise RefusedError(404, 1551, "Resource not found")
    return payloads.fallback_origin(asked.zone)


def _worker_domains(asked: Request) -> list[Any]:
    zones = {zone.id: zone for zone in asked.world.zones}
    zone = zones[asked.query["zone_id"]] if "zone_id" in asked.query else asked.world.zones[0]
    return [
        payloads.worker_domain(zone, hostname, service)
        for hostname, service in asked.account.worker_domains.items()
        if asked.query.get("hostname", hostname) == hostname
    ]


def _one_pool(asked: Request) -> Any:
    for pool in asked.account.pools:
        shown = payloads.pool(asked.account, pool)
        if shown["id"] == asked.parts["pool"]:
            return shown
    raise RefusedError(404, 1002, "Pool not found")


def _tunnel_configuration(asked: Request) -> Any:
    for tunnel in asked.account.tunnels:
        if tunnel.id == asked.parts["tunnel"]:
            return payloads.tunnel_configuration(asked.account, tunnel)
    raise RefusedError(404, 1002, "Tunnel not found")


def _tunnel(asked: Request) -> Any:
    for tunnel in asked.account.tunnels:
        if tunnel.id == asked.parts["tunnel"]:
            return payloads.tunnel(asked.account, tunnel)
    raise RefusedError(404, 1002, "Tunnel not found")


def _origin_pull(asked: Request) -> Any:
    hostname = asked.parts["hostname"]
    if hostname not in asked.zone.aop_hosts:
        raise RefusedError(404, 1437, "No certificate association for this hostname")
    return payloads.origin_pull(asked.zone.aop_hosts[hostname], hostname)


def _origin_certificates(asked: Request) -> list[Any]:
    zones = {zone.id: zone for zone in asked.world.zones}
    zone = zones.get(asked.query.get("zone_id", ""))
    if zone is None:
        raise RefusedError(400, 1004, "zone_id is required")
    return [payloads.origin_certificate(pem) for pem in zone.origin_ca]


def _origin_certificate(asked: Request) -> Any:
    for zone in asked.zones.values():
        for pem in zone.origin_ca:
            shown = payloads.origin_certificate(pem)
            if shown["id"] == asked.parts["certificate"]:
                return shown
    raise RefusedError(404, 1101, "Certificate not found")


_ZONE: Final = "/zones/{zone}"
_SETTINGS: Final = (Right.ZONE_SETTINGS,)
_TLS: Final = (Right.CERTIFICATES,)

ENDPOINTS: Final = (
    Endpoint("/user/tokens/verify", _verify),
    Endpoint("/accounts/{account}/tokens/verify", _verify),
    Endpoint("/zones", _zones, (Right.ZONE,), ("name", "status", "account.id"), (5, 20, 50)),
    Endpoint(_ZONE, lambda asked: payloads.zone(asked.world, asked.zone), (Right.ZONE,)),
    Endpoint(
        _ZONE + "/settings/ssl_automatic_mode",
        lambda asked: payloads.setting(asked.zone, "ssl_automatic_mode"),
        (*_SETTINGS, *_TLS),
    ),
    Endpoint(_ZONE + "/settings/{setting}", _setting, _SETTINGS),
    Endpoint("/certificates", _origin_certificates, _TLS, ("zone_id",), (5, 20, 50)),
    Endpoint("/certificates/{certificate}", _origin_certificate, _TLS),
    Endpoint(
        _ZONE + "/cache/origin_post_quantum_encryption",
        lambda asked: payloads.setting(asked.zone, "origin_pqe"),
        _SETTINGS,
    ),
    Endpoint(
        _ZONE + "/origin_tls_client_auth/settings",
        lambda asked: {"enabled": asked.zone.aop_zone},
        _TLS,
    ),
    Endpoint(
        _ZONE + "/origin_tls_client_auth/hostnames/certificates",
        lambda asked: [payloads.client_certificate(host) for host in asked.zone.aop_hosts],
        _TLS,
    ),
    Endpoint(_ZONE + "/origin_tls_client_auth/hostnames/{hostname}", _origin_pull, _TLS),
    Endpoint(
        _ZONE + "/acm/custom_trust_store",
        lambda asked: [payloads.trust_anchor(one) for one in asked.zone.trust_store],
        _TLS,
        (),
        (1, 20, 50),
    ),
    Endpoint(
        _ZONE + "/dns_records",
        _records,
        (Right.DNS,),
        ("name.exact", "type", "proxied", "include_shadow_metadata"),
        (1, 100, 5_000_000),
    ),
    Endpoint(_ZONE + "/dns_records/{record}", _one_record, (Right.DNS,)),
    Endpoint(_ZONE + "/rulesets", _rulesets, (Right.CONFIG_RULES, Right.ORIGIN_RULES)),
    Endpoint(_ZONE + "/rulesets/phases/{phase}/entrypoint", _entrypoint),
    Endpoint(_ZONE + "/pagerules", _page_rules, (Right.PAGE_RULES, *_SETTINGS, *_TLS), ("status",)),
    Endpoint(_ZONE + "/load_balancers", _load_balancers, (Right.LOAD_BALANCERS,)),
    Endpoint(
        _ZONE + "/cloud_connector/rules",
        lambda asked: payloads.cloud_connector(asked.zone, asked.zone.cloud_connector),
        (Right.CLOUD_CONNECTOR,),
    ),
    Endpoint(
        _ZONE + "/custom_hostnames", _custom_hostnames, _TLS, ("hostname.exact",), (5, 20, 50)
    ),
    Endpoint(_ZONE + "/custom_hostnames/fallback_origin", _fallback_origin, _TLS),
    Endpoint(
        _ZONE + "/workers/routes",
        lambda asked: [payloads.worker_route(*route) for route in asked.zone.worker_routes],
        (Right.WORKERS_ROUTES,),
    ),
    Endpoint(
        _ZONE + "/snippets/snippet_rules",
        lambda asked: [payloads.snippet(asked.zone, rule) for rule in asked.zone.snippets],
        (Right.SNIPPETS,),
    ),
    Endpoint(
        _ZONE + "/spectrum/apps",
        lambda asked: [payloads.spectrum_app(one) for one in asked.zone.spectrum],
        _SETTINGS,
        (),
        (1, 20, 100),
    ),
    Endpoint(
        "/accounts/{account}/load_balancers/pools",
        lambda asked: [payloads.pool(asked.account, pool) for pool in asked.account.pools],
        (Right.POOLS,),
    ),
    Endpoint(
        "/accounts/{account}/load_balancers/monitors",
        lambda asked: [payloads.monitor(asked.account, one) for one in asked.account.monitors],
        (Right.POOLS,),
    ),
    Endpoint(
        "/accounts/{account}/dns_settings",
        lambda asked: payloads.account_dns(asked.account),
        (Right.ACCOUNT_DNS,),
    ),
    Endpoint(
        "/accounts/{account}/load_balancers/pools/{pool}",
        _one_pool,
        (Right.POOLS,),
    ),
    Endpoint(
        "/accounts/{account}/workers/domains",
        _worker_domains,
        (Right.WORKERS_SCRIPTS,),
        ("zone_id", "hostname"),
    ),
    Endpoint("/accounts/{account}/cfd_tunnel/{tunnel}", _tunnel, (Right.TUNNEL,)),
    Endpoint(
        "/accounts/{account}/cfd_tunnel/{tunnel}/configurations",
        _tunnel_configuration,
        (Right.TUNNEL,),
    ),
)
