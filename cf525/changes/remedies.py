"""The remedies ``fix`` knows: which change each of them is, and which values it takes.

What a change writes stands in ``catalogue``; whether it helps is for the engine to say. A value
that is not given is the remedy's own, or is found where the host leads.
"""

import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cf525.edge.modes import mode_name, read_mode
from cf525.model.change import Change, ChangeScope
from cf525.model.finding import Finding, Remedy
from cf525.model.status import Status
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

UNTIL: Final = timedelta(hours=3)
"""How long a change that lowers security stands, unless the person says otherwise."""

LONGEST: Final = timedelta(days=31)
"""The latest end of such a change: a stop-gap that nobody looks at again is none."""

MODES: Final = ("off", "flexible", "full", "strict", "origin_pull")
"""From no protection upward."""

_NAME: Final = lazy_pattern(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyKind:
    """A remedy. ``argument`` is the change's that the value fills; ``values`` are all there are,
    empty where any of the right form will do; ``default`` is what is meant unasked, empty where
    it has to be said or found. ``form`` says what a value looks like."""

    id: str
    text: str
    scope: ChangeScope
    argument: str = ""
    values: tuple[str, ...] = ()
    default: str = ""
    form: str = ""
    rule: bool = False

    @property
    def takes_value(self) -> bool:
        return bool(self.argument or self.values or self.form)


_HOST, _ZONE, _POOL = ChangeScope.HOST, ChangeScope.ZONE, ChangeScope.POOL

REMEDIES: Final = (
    RemedyKind(
        id="mode-for-host",
        text="another SSL mode for this host alone",
        scope=_HOST,
        argument="value",
        values=("full", "strict", "flexible", "off"),
        default="full",
        rule=True,
    ),
    RemedyKind(
        id="sni-for-host",
        text="another name in the edge's ClientHello",
        scope=_HOST,
        argument="name",
        form="a hostname",
        rule=True,
    ),
    RemedyKind(
        id="port-for-host",
        text="another port of the origin",
        scope=_HOST,
        argument="port",
        form="a port",
        rule=True,
    ),
    RemedyKind(
        id="pool-endpoint-off",
        text="one endpoint of a pool switched off",
        scope=_POOL,
        form="an endpoint's name",
    ),
    RemedyKind(
        id="origin-ca",
        text="a new certificate of Cloudflare's Origin CA",
        scope=_HOST,
        values=("ecc", "rsa"),
        default="ecc",
    ),
    RemedyKind(id="pq-off", text="no post-quantum key exchange towards origins", scope=_ZONE),
    RemedyKind(id="http1-to-origin", text="no HTTP/2 towards origins", scope=_ZONE),
    RemedyKind(
        id="origin-pull",
        text="the client certificate that all zones share",
        scope=_ZONE,
        values=("on", "off"),
        default="on",
    ),
    RemedyKind(
        id="zone-mode",
        text="a higher SSL mode for the whole zone",
        scope=_ZONE,
        argument="value",
        values=("flexible", "full", "strict", "origin_pull"),
        default="strict",
    ),
    RemedyKind(id="grey-record", text="visitors sent to the origin directly", scope=_HOST),
)
"""In the order to offer them where several would help alike."""

BY_ID: Final[Mapping[str, RemedyKind]] = {each.id: each for each in REMEDIES}


def checked_value(kind: RemedyKind, value: str) -> str:
    """The value as the change wants it. Raises ``ValueError`` with a sentence for what does not
    fit; empty is the remedy's own, which may be empty too."""
    if not value:
        return kind.default
    if not kind.takes_value:
        raise ValueError(f"{kind.id} takes no value")
    if kind.argument == "value":
        value = read_mode(value) or value
    elif kind.argument != "port":
        value = value.strip().lower() if kind.id != "pool-endpoint-off" else value.strip()
    if kind.values and value not in kind.values:
        raise ValueError(f"{kind.id} takes {', '.join(kind.values)}, and not {value!r}")
    if kind.argument == "port" and not (
        value.isascii() and value.isdigit() and 0 < int(value[:6]) < 65536
    ):
        raise ValueError(f"{value!r} is no port")
    if kind.argument == "name" and not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no hostname")
    return value


def change_of(kind: RemedyKind, value: str) -> tuple[str, Mapping[str, str]]:
    """The change's name in the catalogue and its arguments."""
    if kind.id == "origin-pull" and value == "off":
        return "origin-pull-off", {}
    return kind.id, {kind.argument: value} if kind.argument else {}


def lowers(kind: RemedyKind, value: str, mode: str) -> bool:
    """Whether it takes protection away from where ``mode`` is in force."""
    if kind.id == "mode-for-host":
        return mode not in MODES or MODES.index(value) < MODES.index(mode)
    return kind.id == "grey-record" or (kind.id, value) == ("origin-pull", "off")


def raises_mode(value: str, mode: str) -> bool:
    """Whether a mode is above the one in force."""
    return mode in MODES and MODES.index(value) > MODES.index(mode)


def called(change: Change) -> tuple[str, str] | None:
    """The remedy, and its value where it is not the remedy's own, that a change of the catalogue
    is; None where ``fix`` has none for it."""
    kind = BY_ID.get(change.id)
    if kind is None:
        return None
    given: Any = (change.write.body or {}).get("action_parameters") or change.write.body or {}
    value = {
        "mode-for-host": lambda: given.get("ssl"),
        "sni-for-host": lambda: given.get("sni", {}).get("value"),
        "port-for-host": lambda: given.get("origin", {}).get("port"),
        "zone-mode": lambda: given.get("value"),
    }.get(change.id, lambda: "")()
    if value == "NAME":  # a word in the place of what is not known
        return None
    return (kind.id, "" if value == kind.default else str(value or ""))


def command_for(remedy: Remedy, host: str) -> str:
    """The command that plans a stop-gap; empty where ``fix`` has none that is all of it."""
    found = [called(each) for each in remedy.parts if isinstance(each, Change)]
    known = dict.fromkeys(each for each in found if each is not None)
    if len(known) != 1:
        return ""
    ((id, value),) = known
    return shlex.join(("cf525", "fix", host, id, *(("--value", value) if value else ())))


def remedies_of(finding: Finding | None, status: Status) -> tuple[str, ...]:
    """The remedies at Cloudflare that a finding names, and a new certificate for a bad one."""
    parts = [part for each in (finding.remedies if finding else ()) for part in each.parts]
    found = [called(each) for each in parts if isinstance(each, Change)]
    named = [each[0] for each in found if each is not None]
    named += ["origin-ca"] if status == "526" else []
    return tuple(dict.fromkeys(named))


def words_of(kind: RemedyKind, value: str) -> str:
    """What will stand there, in a few words."""
    if kind.argument == "value":
        return mode_name(value)
    named = {
        "sni-for-host": f"SNI {value}",
        "port-for-host": f"port {value}",
        "pool-endpoint-off": f"endpoint {value} disabled",
        "origin-ca": f"a certificate of the Origin CA ({value.upper()} key)",
        "pq-off": "off",
        "http1-to-origin": "HTTP/1.1",
        "origin-pull": value,
        "grey-record": "DNS only",
    }
    return named.get(kind.id, value)
