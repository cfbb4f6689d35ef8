"""What the lab's API lets a token change, as strict as the real one about it.

The world stays frozen: a write puts a new one in its place in the state, so that everything read
afterwards agrees. Only the writes that ``cf525.changes`` knows are taken. A PUT of a ruleset,
which would replace every rule in it, is refused.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cf525.account.expression.syntax import parse
from cf525.changes.rights import WriteRight
from cf525.lab import payloads
from cf525.lab.ca import Authority, PublicKey
from cf525.lab.endpoints import RefusedError
from cf525.lab.world import Account, PoolOrigin, Rule, Token, World, Zone, ident
from cf525.values import dataclass

EDIT: Final = frozenset(each.value for each in WriteRight)
"""The permissions to write."""

_PHASES: Final = {
    "http_config_settings": ("set_config", "config_rules", WriteRight.CONFIG_RULES),
    "http_request_origin": ("route", "origin_rules", WriteRight.ORIGIN_RULES),
}
_VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "ssl": ("off", "flexible", "full", "strict", "origin_pull"),
    "ssl_automatic_mode": ("auto", "custom"),
    "tls_client_auth": ("on", "off"),
    "origin_max_http_version": ("1", "2"),
    "auto_origin_tls_kex": (True, False),
    "origin_pqe": ("off", "supported", "preferred"),
}


_LIMITS: Final = {"free": 10, "pro": 25, "business": 50, "enterprise": 300}
"""Rules that a zone of each plan may have in one phase."""
_PERMISSIONS: Final = "https://developers.cloudflare.com/fundamentals/api/reference/permissions/"
_EXPRESSION: Final = 4096


class Holder(Protocol):
    """Whoever keeps the world, and what is looked up in it."""

    world: World
    zones: Mapping[str, Zone]
    issuer: Authority | None
    changed: Callable[[World], None] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A write: who asks it, of what, and with which body. A body is looked at last, as there."""

    holder: Holder
    token: Token
    parts: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    dry: bool

    @property
    def body(self) -> Any:
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise RefusedError(400, 6003, "Content-Type must be application/json")
        try:
            found = json.loads(self.raw)
        except ValueError:
            raise RefusedError(400, 9207, "Request body is invalid") from None
        if not isinstance(found, dict):
            raise RefusedError(400, 9207, "Request body is invalid")
        return found

    def need(self, right: WriteRight) -> None:
        if right not in self.token.permissions:
            raise RefusedError(403, 10000, "Authentication error", _PERMISSIONS)

    @property
    def zone(self) -> Zone:
        zone = self.holder.zones.get(self.parts["zone"])
        if zone is not None and (self.token.zones is None or zone.name in self.token.zones):
            return zone
        raise RefusedError(403, 9109, "Unauthorized to access requested resource")

    def keep(self, zone: Zone) -> None:
        """Put a zone in the place of the one of its name."""
        if self.dry:
            return
        world = self.holder.world
        zones = tuple(zone if each.id == zone.id else each for each in world.zones)
        self.put(replace(world, zones=zones))

    def put(self, world: World) -> None:
        """Another world in the place of this one."""
        self.holder.world = world
        self.holder.zones = {each.id: each for each in world.zones}
        if self.holder.changed is not None:
            self.holder.changed(world)


Answer: TypeAlias = Callable[[Asked], Any]


def write(
    holder: Holder,
    token: Token,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Any:
    """The result of one write. Raises RefusedError."""
    for wanted, pattern, answer in _WRITES:
        match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if method == wanted and match is not None:
            dry = query.get("dry_run") == "true" and "/rulesets" in path
            result = answer(Asked(holder, token, match.groupdict(), headers, body, dry))
            return None if dry else result
    raise RefusedError(405, 10405, "Method not allowed for this authentication scheme")


# -- rules ------------------------------------------------------------------------------------


def _new_ruleset(asked: Asked) -> Any:
    body = asked.body
    if body.get("kind") != "zone" or body.get("phase") not in _PHASES or not body.get("name"):
        raise RefusedError(400, 20021, "a zone's ruleset needs kind, name and a phase")
    if not set(body) <= {"name", "kind", "phase", "rules", "description"}:
        raise RefusedError(400, 20021, f"unknown member in {sorted(body)}")
    _, attribute, right = _PHASES[body["phase"]]
    asked.need(right)
    zone = asked.zone
    if getattr(zone, attribute) or body["phase"] in zone.empty_rulesets:
        raise RefusedError(
            400, 20217, f"exceeded maximum number of zone rulesets for phase {body['phase']}"
        )
    rules = tuple(_rule(asked, each, body["phase"]) for each in body.get("rules", ()))
    return _kept(asked, body["phase"], rules)


def _numbered(zone: Zone, phase: str) -> tuple[Rule, ...]:
    """The rules with the ids they have, which they keep from now on."""
    return tuple(
        replace(rule, id=payloads.rule_id(zone, phase, rule, index))
        for index, rule in enumerate(_rules(zone, phase))
    )


def _new_rule(asked: Asked) -> Any:
    phase = _phase(asked)
    rules = (*_numbered(asked.zone, phase), _rule(asked, asked.body, phase))
    if len(rules) > _LIMITS[asked.zone.plan]:
        raise RefusedError(400, 20115, f"exceeded the maximum number of rules in {phase}")
    return _kept(asked, phase, rules)


def _delete_rule(asked: Asked) -> Any:
    phase = _phase(asked)
    rules = _numbered(asked.zone, phase)
    left = tuple(rule for rule in rules if rule.id != asked.parts["rule"])
    if len(left) == len(rules):
        raise RefusedError(404, 20002, "could not find rule")
    return _kept(asked, phase, left)


def _phase(asked: Asked) -> str:
    """The phase of the ruleset the path names, once the token may write there."""
    zone = asked.zone
    for phase, (_, _, right) in _PHASES.items():
        there = _rules(zone, phase) or phase in zone.empty_rulesets
        if there and payloads.ruleset(zone, phase, "", ())["id"] == asked.parts["ruleset"]:
            asked.need(right)
            return phase
    raise RefusedError(404, 10003, "could not find ruleset")


def _rules(zone: Zone, phase: str) -> tuple[Rule, ...]:
    rules: tuple[Rule, ...] = getattr(zone, _PHASES[phase][1])
    return rules


def _rule(asked: Asked, body: Any, phase: str) -> Rule:
    action = _PHASES[phase][0]
    parameters = body.get("action_parameters")
    if body.get("action") != action or not isinstance(parameters, dict) or not parameters:
        raise RefusedError(400, 20016, f"a rule of {phase} needs the action {action}")
    if not set(body) <= _MEMBERS:
        raise RefusedError(400, 20021, f"unknown member in {sorted(body)}")
    text = body.get("expression")
    if not isinstance(text, str) or not 0 < len(text) <= _EXPRESSION or parse(text) is None:
        raise RefusedError(400, 20127, "the rule's expression cannot be read")
    if asked.holder.world.untimed and "timestamp" in text:
        raise RefusedError(400, 20127, "unknown field http.request.timestamp.sec")
    _check_parameters(phase, parameters)
    override = {"sni", "host_header"} & set(parameters)
    if override and asked.zone.plan != "enterprise":
        raise RefusedError(400, 20120, f"not entitled to use {', '.join(sorted(override))}")
    count = asked.zone.versions.get(phase, 0)
    return Rule(
        id=ident("rule", asked.zone.name, phase, str(count), str(body)),
        expression=body["expression"],
        parameters=parameters,
        description=str(body.get("description", "")),
        enabled=bool(body.get("enabled", True)),
        action=action,
        ref=str(body.get("ref", "")),
    )


_MEMBERS: Final = frozenset(
    {"ref", "description", "expression", "action", "action_parameters", "enabled", "position"}
)
_CONFIG: Final = ("off", "flexible", "full", "strict", "origin_pull")


def _check_parameters(phase: str, parameters: Mapping[str, Any]) -> None:
    """The action's parameters by their shapes, as far as the product writes them."""
    right = True
    for key, value in parameters.items():
        match phase, key:
            case "http_config_settings", "ssl":
                right = value in _CONFIG
            case "http_request_origin", "host_header":
                right = isinstance(value, str)
            case "http_request_origin", "sni":
                right = isinstance(value, dict) and set(value) == {"value"}
            case "http_request_origin", "origin":
                port = value.get("port", 1) if isinstance(value, dict) else 0
                right = isinstance(port, int) and 0 < port < 65536
                right = right and set(value) <= {"host", "port"}
            case _:
                right = False
        if not right:
            raise RefusedError(400, 20106, f"invalid action parameter {key}")


def _kept(asked: Asked, phase: str, rules: tuple[Rule, ...]) -> Any:
    """The zone with these rules; a ruleset without rules stays where it is."""
    action, attribute, _ = _PHASES[phase]
    empty = asked.zone.empty_rulesets - {phase} | (frozenset() if rules else {phase})
    versions = {**asked.zone.versions, phase: asked.zone.versions.get(phase, 0) + 1}
    changed: dict[str, Any] = {attribute: rules, "empty_rulesets": empty, "versions": versions}
    zone = replace(asked.zone, **changed)
    asked.keep(zone)
    return payloads.ruleset(zone, phase, action, rules)


# -- settings, records, pools -----------------------------------------------------------------


def _set(asked: Asked) -> Any:
    return _setting(asked, asked.parts["setting"])


def _set_preference(asked: Asked) -> Any:
    return _setting(asked, "origin_pqe")


def _setting(asked: Asked, name: str) -> Any:
    asked.need(WriteRight.ZONE_SETTINGS)
    key = "enabled" if name == "auto_origin_tls_kex" else "value"
    if name not in _VALUES:
        raise RefusedError(400, 1006, f"Unrecognized zone setting name {name}")
    if set(asked.body) != {key} or asked.body[key] not in _VALUES[name]:
        raise RefusedError(400, 1007, f"Invalid value for zone setting {name}")
    if name in asked.zone.fixed:
        raise RefusedError(403, 1011, f"Not allowed to edit setting for {name}")
    zone = replace(asked.zone, settings={**asked.zone.settings, name: asked.body[key]})
    asked.keep(zone)
    return payloads.setting(zone, name)


def _patch_record(asked: Asked) -> Any:
    asked.need(WriteRight.DNS)
    if set(asked.body) != {"proxied"} or not isinstance(asked.body["proxied"], bool):
        raise RefusedError(400, 9207, "Request body is invalid")
    zone = asked.zone
    ids = [payloads.record(each)["id"] for each in zone.records]
    if asked.parts["record"] not in ids:
        raise RefusedError(404, 81044, "Record does not exist.")
    at = ids.index(asked.parts["record"])
    changed = replace(zone.records[at], proxied=asked.body["proxied"])
    asked.keep(replace(zone, records=(*zone.records[:at], changed, *zone.records[at + 1 :])))
    return payloads.record(changed)


def _patch_pool(asked: Asked) -> Any:
    """The endpoints are replaced as a whole."""
    asked.need(WriteRight.POOLS)
    account, at = _pool(asked.holder.world, asked.parts)
    rows = asked.body.get("origins")
    if set(asked.body) != {"origins"} or not isinstance(rows, list) or not rows:
        raise RefusedError(400, 1002, "origins: must not be empty")
    origins = tuple(
        PoolOrigin(
            address=row["address"],
            port=row.get("port", 0),
            host=(row.get("header", {}).get("Host") or [""])[0],
            enabled=row.get("enabled", True),
        )
        for row in rows
    )
    pool = replace(account.pools[at], origins=origins)
    pools = (*account.pools[:at], pool, *account.pools[at + 1 :])
    world = asked.holder.world
    accounts = (replace(each, pools=pools) if each is account else each for each in world.accounts)
    asked.put(replace(world, accounts=tuple(accounts)))
    return payloads.pool(account, pool)


def _pool(world: World, parts: Mapping[str, str]) -> tuple[Account, int]:
    for account in world.accounts:
        for at, pool in enumerate(account.pools):
            found = (account.id, payloads.pool(account, pool)["id"])
            if found == (parts["account"], parts["pool"]):
                return account, at
    raise RefusedError(404, 1002, "Pool not found")


# -- certificates of the Origin CA ------------------------------------------------------------


_VALIDITIES: Final = (7, 30, 90, 365, 730, 1095, 5475)


def _new_certificate(asked: Asked) -> Any:
    """The request is really checked and really signed; its names count for nothing."""
    asked.need(WriteRight.CERTIFICATES)
    body = asked.body
    if set(body) != {"csr", "hostnames", "request_type", "requested_validity"}:
        raise RefusedError(400, 1004, "csr, hostnames, request_type and requested_validity wanted")
    names, days = body["hostnames"], body["requested_validity"]
    try:
        csr = x509.load_pem_x509_csr(str(body["csr"]).encode())
    except ValueError:
        raise RefusedError(400, 1005, "Failed to parse the certificate signing request") from None
    key = csr.public_key()
    kind = body["request_type"]
    fits = (isinstance(key, rsa.RSAPublicKey) and kind == "origin-rsa") or (
        isinstance(key, ec.EllipticCurvePublicKey) and kind == "origin-ecc"
    )
    if not isinstance(key, PublicKey) or not fits or not csr.is_signature_valid:
        raise RefusedError(400, 1006, "The request does not fit its type")
    if days not in _VALIDITIES or not isinstance(names, list) or not 0 < len(names) <= 200:
        raise RefusedError(400, 1010, "Invalid validity or hostnames")
    zones = [_zone_of(asked, str(each)) for each in names]
    issuer = asked.holder.issuer or Authority("Lab Origin CA")
    asked.holder.issuer = issuer
    issued = issuer.certify(key, *map(str, names), days=days)
    pem = issued.public_bytes(serialization.Encoding.PEM).decode("ascii")
    asked.keep(replace(zones[0], origin_ca=(*zones[0].origin_ca, pem)))
    return payloads.origin_certificate(pem)


def _zone_of(asked: Asked, name: str) -> Zone:
    for zone in asked.holder.zones.values():
        if name.removeprefix("*.") == zone.name or name.endswith("." + zone.name):
            return zone
    raise RefusedError(
        403,
        1010,
        f"Failed to validate requested hostname {name}: This zone is "
        "either not part of your account, or you do not have access to it.",
    )


def _revoke(asked: Asked) -> Any:
    asked.need(WriteRight.CERTIFICATES)
    for zone in asked.holder.zones.values():
        for pem in zone.origin_ca:
            if payloads.origin_certificate(pem)["id"] == asked.parts["certificate"]:
                left = tuple(each for each in zone.origin_ca if each != pem)
                asked.keep(replace(zone, origin_ca=left))
                return {"id": asked.parts["certificate"]}
    raise RefusedError(404, 1101, "Certificate not found")


_ZONE: Final = "/zones/{zone}"
_WRITES: Final[tuple[tuple[str, str, Answer], ...]] = (
    ("POST", _ZONE + "/rulesets", _new_ruleset),
    ("POST", _ZONE + "/rulesets/{ruleset}/rules", _new_rule),
    ("DELETE", _ZONE + "/rulesets/{ruleset}/rules/{rule}", _delete_rule),
    ("PATCH", _ZONE + "/settings/{setting}", _set),
    ("PUT", _ZONE + "/cache/origin_post_quantum_encryption", _set_preference),
    ("PATCH", _ZONE + "/dns_records/{record}", _patch_record),
    ("POST", "/certificates", _new_certificate),
    ("DELETE", "/certificates/{certificate}", _revoke),
    ("PATCH", "/accounts/{account}/load_balancers/pools/{pool}", _patch_pool),
)
