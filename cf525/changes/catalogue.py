"""Every change at Cloudflare the product proposes, by name, filled in for one place.

Paths and bodies stand here and nowhere else. A ruleset or entrypoint is never PUT, because that
replaces every rule in it: a rule is added to the ruleset there is, or with a new ruleset where
the phase has none (the API refuses the latter if there is one after all). Settings that are
replaced whole are read before, so that the undo is what stood there.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from cf525.changes.rights import WriteRight
from cf525.edge.modes import NAMES, mode_name
from cf525.model import Change, ChangeScope, Edit, Read, Undo, Write
from cf525.values import dataclass

ENTERPRISE: Final = "enterprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a change is made for; what is not known stands as a word in capitals."""

    host: str
    zone_id: str = "ZONE_ID"
    account_id: str = "ACCOUNT_ID"
    pool_id: str = "POOL_ID"
    address: str = "ADDRESS"
    plain: tuple[str, int] = ("http", 80)  # what Flexible would make of this route

    @property
    def zone(self) -> str:
        return f"zones/{self.zone_id}"


Maker: TypeAlias = Callable[..., tuple[Change, ...]]


def make(name: str, place: Place, arguments: Mapping[str, str]) -> tuple[Change, ...]:
    """The writes of one remedy, in the order to make them.

    Raises ``ValueError`` for a name, an argument or a value there is none of.
    """
    if name not in MAKERS:
        raise ValueError(f"there is no change called {name}")
    wanted, maker = MAKERS[name]
    if set(arguments) != set(wanted):
        needs = ", ".join(wanted) or "no argument"
        raise ValueError(f"{name} wants {needs}, not {', '.join(arguments) or 'none'}")
    return maker(place, **arguments)


# -- one rule for one host --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What is special about a rule that acts on one host."""

    id: str
    text: str
    phase: str
    action: str
    parameters: Mapping[str, object]
    right: WriteRight
    dashboard: str
    cost: str
    until: str
    plan: str = ""


def _rule_change(place: Place, rule: _Rule) -> tuple[Change, ...]:
    ref = f"cf525_{rule.id}_{hashlib.sha256(place.host.encode()).hexdigest()[:8]}"
    body: dict[str, object] = {
        "ref": ref,
        "description": f"cf525: {rule.id} {place.host}",
        "expression": f'http.host eq "{place.host}"',
        "action": rule.action,
        "action_parameters": rule.parameters,
        "enabled": True,
    }
    entrypoint = f"{place.zone}/rulesets/phases/{rule.phase}/entrypoint"
    ruleset = Read(name="RULESET", path=entrypoint, pick="result.id")
    return (
        Change(
            id=rule.id,
            text=rule.text,
            scope=ChangeScope.HOST,
            right=rule.right.value,
            plan=rule.plan,
            dashboard=f"Rules, Overview, Create rule, {rule.dashboard}",
            reads=(ruleset,),
            write=Write(method="POST", path=f"{place.zone}/rulesets/{{RULESET}}/rules", body=body),
            otherwise=Write(
                method="POST",
                path=f"{place.zone}/rulesets",
                body={"name": "default", "kind": "zone", "phase": rule.phase, "rules": [body]},
            ),
            undo=Undo(
                text=f"delete the rule (dashboard: Rules, Overview){rule.until}.",
                reads=(
                    ruleset,
                    Read(
                        name="RULE",
                        path=entrypoint,
                        pick=f"result.rules[ref={ref}].id",
                        many=True,
                    ),
                ),
                write=Write(
                    method="DELETE", path=f"{place.zone}/rulesets/{{RULESET}}/rules/{{RULE}}"
                ),
            ),
            cost=rule.cost,
            ref=ref,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a mode does, what it costs, and until when it is wanted."""

    text: str
    cost: str
    until: str = ""


_PLAIN: Final = (
    "passwords and cookies cross the internet in clear between Cloudflare and the origin; an "
    "origin that redirects to HTTPS loops."
)
_REFUSED: Final = "a certificate that the edge does not accept becomes a 526."
_EFFECTS: Final = {
    "off": _Effect(
        "The edge then asks the origin over plain HTTP on port {port}.",
        "visitors are no longer served over HTTPS at all.",
        " as soon as TLS works",
    ),
    "flexible": _Effect(
        "The edge then asks the origin over plain HTTP on port {port}, if that serves the same "
        "site.",
        _PLAIN,
        " as soon as TLS works",
    ),
    "full": _Effect(
        "It mends a 526 and never a 525.",
        "the edge no longer checks who answers: anyone on the path can pose as the origin, read "
        "and change everything.",
        " as soon as the certificate is right",
    ),
    "strict": _Effect("The edge then checks the origin's certificate.", _REFUSED),
    "origin_pull": _Effect(
        "The edge then always speaks TLS to the origin and checks its certificate.", _REFUSED
    ),
}


def _said(effect: _Effect, place: Place, mode: str) -> str:
    """What the mode does to the very route that the change is made for."""
    scheme, port = place.plain
    if mode == "flexible" and scheme == "https":
        return f"On port {port} Flexible acts as Full: the edge still asks for TLS there."
    return effect.text.format(port=port)


def _mode(value: str) -> str:
    if value not in NAMES:
        raise ValueError(f"{value} is no SSL mode")
    return value


def _mode_for_host(place: Place, value: str) -> tuple[Change, ...]:
    mode = _mode(value)
    effect = _EFFECTS[mode]
    rule = _Rule(
        id="mode-for-host",
        text=f"A Configuration Rule that sets SSL to {mode_name(mode)} for {place.host} alone. "
        f"{_said(effect, place, mode)}",
        phase="http_config_settings",
        action="set_config",
        parameters={"ssl": mode},
        right=WriteRight.CONFIG_RULES,
        dashboard="Configuration Rule, SSL",
        cost=effect.cost,
        until=effect.until,
    )
    return _rule_change(place, rule)


def _sni_for_host(place: Place, name: str) -> tuple[Change, ...]:
    rule = _Rule(
        id="sni-for-host",
        text=f"An Origin Rule that sends {name} as SNI for {place.host}. The name must "
        "belong to the same account. Lowering the mode from Full (strict) to Full does not help: "
        "525 arises in both.",
        phase="http_request_origin",
        action="route",
        parameters={"sni": {"value": name}},
        right=WriteRight.ORIGIN_RULES,
        dashboard="Origin Rule, SNI",
        cost="the origin sees a TLS name that differs from the Host header; some servers then "
        "answer 421 or serve another site.",
        until="",
        plan=ENTERPRISE,
    )
    return _rule_change(place, rule)


def _host_header_for_host(place: Place, name: str) -> tuple[Change, ...]:
    rule = _Rule(
        id="host-header-for-host",
        text=f"An Origin Rule that sends {name} as Host for {place.host}; the SNI follows it.",
        phase="http_request_origin",
        action="route",
        parameters={"host_header": name},
        right=WriteRight.ORIGIN_RULES,
        dashboard="Origin Rule, Host Header",
        cost="applications that build absolute URLs show the other name.",
        until="",
        plan=ENTERPRISE,
    )
    return _rule_change(place, rule)


def _port_for_host(place: Place, port: str) -> tuple[Change, ...]:
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{port} is no port")
    rule = _Rule(
        id="port-for-host",
        text=f"An Origin Rule that sends requests for {place.host} to port {port}.",
        phase="http_request_origin",
        action="route",
        parameters={"origin": {"port": int(port)}},
        right=WriteRight.ORIGIN_RULES,
        dashboard="Origin Rule, Destination Port",
        cost="requests of every kind for the host go to that port.",
        until="",
    )
    return _rule_change(place, rule)


# -- one setting of the zone ------------------------------------------------------------------


def _setting_change(
    place: Place,
    setting: str,
    value: object,
    *,
    id: str,
    text: str,
    cost: str,
    dashboard: str,
    key: str = "value",
    method: str = "PATCH",
    before: str = "BEFORE",
) -> Change:
    """A setting that is written whole; its old value is what the undo writes."""
    path = f"{place.zone}/{setting}"
    return Change(
        id=id,
        text=text,
        scope=ChangeScope.ZONE,
        right=WriteRight.ZONE_SETTINGS.value,
        dashboard=dashboard,
        reads=(Read(name=before, path=path, pick=f"result.{key}"),),
        write=Write(method=method, path=path, body={key: value}),
        undo=Undo(
            text="the same call with the value that stood there before.",
            reads=(),
            write=Write(method=method, path=path, body={key: f"{{{before}}}"}),
        ),
        cost=cost,
    )


def _zone_mode(place: Place, value: str) -> tuple[Change, ...]:
    mode = _mode(value)
    return (
        _setting_change(
            place,
            "settings/ssl",
            mode,
            id="zone-mode",
            text=f"The zone's mode becomes {mode_name(mode)}, for all its hosts.",
            dashboard="SSL/TLS, Overview, Configure",
            cost=_EFFECTS[mode].cost,
        ),
    )


def _automatic_mode_off(place: Place) -> tuple[Change, ...]:
    return (
        _setting_change(
            place,
            "settings/ssl_automatic_mode",
            "custom",
            id="automatic-mode-off",
            text="Automatic SSL no longer moves the zone's mode.",
            dashboard="SSL/TLS, Overview, Configure, Custom SSL/TLS",
            cost="the mode is no longer raised either; switched on again, it may be at once.",
        ),
    )


_KEX_DASHBOARD: Final = "SSL/TLS, Overview, Origin connection & post-quantum encryption"
_PQ_COSTS: Final = {
    "off": "connections to every origin of the zone, those of Workers too, lose their protection "
    "against recording now and decrypting later.",
    "supported": "the ClientHello to every origin of the zone grows past one packet.",
}


def _post_quantum(value: str) -> Maker:
    """Both settings: which of them wins while automatic key exchange is on is not documented."""

    def maker(place: Place) -> tuple[Change, ...]:
        name = f"pq-{value}"
        preference = _setting_change(
            place,
            "cache/origin_post_quantum_encryption",
            value,
            id=name,
            text=f"The zone's post-quantum preference towards origins becomes {value}.",
            dashboard=_KEX_DASHBOARD,
            cost=_PQ_COSTS[value],
            method="PUT",
            before="PREFERENCE",
        )
        automatic = _setting_change(
            place,
            "settings/auto_origin_tls_kex",
            False,
            id=f"{name}-automatic",
            text="Automatic key exchange is switched off, so that the preference counts.",
            dashboard=_KEX_DASHBOARD,
            cost="the edge no longer learns which key exchange an origin takes.",
            key="enabled",
            before="AUTOMATIC",
        )
        return (automatic, preference)

    return maker


def _http1_to_origin(place: Place) -> tuple[Change, ...]:
    return (
        _setting_change(
            place,
            "settings/origin_max_http_version",
            "1",
            id="http1-to-origin",
            text='HTTP/1.1 towards every origin of the zone: "HTTP/2 to Origin" off.',
            dashboard="Speed, Settings, Protocol Optimization",
            cost="one request a connection at a time: more connections to the origin.",
        ),
    )


def _origin_pull(place: Place) -> tuple[Change, ...]:
    return (
        _setting_change(
            place,
            "settings/tls_client_auth",
            "on",
            id="origin-pull",
            text="Authenticated Origin Pulls is switched on: the edge shows the client "
            "certificate that all zones share.",
            dashboard="SSL/TLS, Origin Server",
            cost="an origin that checks against another CA refuses the edge.",
        ),
    )


def _origin_pull_off(place: Place) -> tuple[Change, ...]:
    return (
        _setting_change(
            place,
            "settings/tls_client_auth",
            "off",
            id="origin-pull-off",
            text="Authenticated Origin Pulls is switched off: the edge shows no client "
            "certificate any more.",
            dashboard="SSL/TLS, Origin Server",
            cost="an origin that demands the certificate refuses every request; one that does not "
            "can no longer tell Cloudflare from anybody else.",
        ),
    )


# -- one record, one endpoint -----------------------------------------------------------------


def _grey_record(place: Place) -> tuple[Change, ...]:
    """All proxied records of the name: while one is left, all are treated as proxied."""
    record = f"{place.zone}/dns_records/{{RECORD}}"
    return (
        Change(
            id="grey-record",
            text=f"Every record of {place.host} becomes DNS only.",
            scope=ChangeScope.HOST,
            right=WriteRight.DNS.value,
            dashboard="DNS, Records, Proxy status",
            reads=(
                Read(
                    name="RECORD",
                    path=f"{place.zone}/dns_records?name.exact={place.host}&proxied=true",
                    pick="result[].id",
                    many=True,
                ),
            ),
            write=Write(method="PATCH", path=record, body={"proxied": False}),
            undo=Undo(
                text='the same call with "proxied":true.',
                reads=(),
                write=Write(method="PATCH", path=record, body={"proxied": True}),
            ),
            cost="the origin's address becomes public and stays in DNS histories; no cache, no "
            "firewall, no protection against floods meanwhile; a Cloudflare Origin CA "
            "certificate is not trusted by browsers.",
        ),
    )


def _pool_endpoint_off(place: Place) -> tuple[Change, ...]:
    """The API takes a pool's endpoints as a whole, so they are read, and one is switched off."""
    pool = f"accounts/{place.account_id}/load_balancers/pools/{place.pool_id}"
    off = Edit(where="address", equals=place.address, field="enabled", value=False)
    return (
        Change(
            id="pool-endpoint-off",
            text=f"The endpoint {place.address} of the pool is disabled.",
            scope=ChangeScope.POOL,
            right=WriteRight.POOLS.value,
            dashboard="Traffic, Load Balancing, Pools",
            reads=(
                Read(name="BEFORE", path=pool, pick="result.origins"),
                Read(name="ORIGINS", path=pool, pick="result.origins", edit=off),
            ),
            write=Write(method="PATCH", path=pool, body={"origins": "{ORIGINS}"}),
            undo=Undo(
                text="the same call with the endpoints that stood there before.",
                reads=(),
                write=Write(method="PATCH", path=pool, body={"origins": "{BEFORE}"}),
            ),
            cost="the other endpoints carry its load; never disable the last healthy one.",
        ),
    )


MAKERS: Final[Mapping[str, tuple[tuple[str, ...], Maker]]] = {
    "mode-for-host": (("value",), _mode_for_host),
    "sni-for-host": (("name",), _sni_for_host),
    "host-header-for-host": (("name",), _host_header_for_host),
    "port-for-host": (("port",), _port_for_host),
    "zone-mode": (("value",), _zone_mode),
    "automatic-mode-off": ((), _automatic_mode_off),
    "pq-off": ((), _post_quantum("off")),
    "pq-supported": ((), _post_quantum("supported")),
    "http1-to-origin": ((), _http1_to_origin),
    "origin-pull": ((), _origin_pull),
    "origin-pull-off": ((), _origin_pull_off),
    "grey-record": ((), _grey_record),
    "pool-endpoint-off": ((), _pool_endpoint_off),
}
"""By name: the arguments it wants, and what makes it."""
