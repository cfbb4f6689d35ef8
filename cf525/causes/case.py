"""What a cause is matched against: one route with all that is known of it.

A ``Case`` only answers questions about what was seen. Absence of a probe is not a "no": the
helpers return empty results for what was not tried, and a cause must ask for it first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cf525.edge.modes import validates
from cf525.model import (
    Alert,
    CertificateFacts,
    ChainVerdict,
    Confidence,
    EdgeStatus,
    Elimination,
    Ending,
    Evidence,
    Insight,
    Observation,
    Renewal,
    Route,
    Series,
    Stage,
    Target,
    Variation,
    Visit,
    ZoneFacts,
)
from cf525.model.registry import group_name, suite_name, version_name

UNKNOWN_NAME: Final = "no-such-name.cf525.invalid"
"""A name no server knows (RFC 6761 section 6.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One route, the edge's probe of it, the differential probes, and the judgements."""

    target: Target
    route: Route
    status: EdgeStatus
    edge: Observation | None = None
    verdict: ChainVerdict | None = None
    probes: tuple[Observation, ...] = ()
    zone: ZoneFacts | None = None
    siblings: tuple["Case", ...] = ()
    others: tuple["Case", ...] = ()
    """The same route as like probes met it that were shown another certificate, and a bad one."""
    deep: bool = False
    """Whether many connections may be opened, to tell what few cannot."""
    server: str = ""
    """The platform a person named; it comes before every guess."""
    visit: Visit | None = None
    """What a request through the edge met at the same minute."""
    series: Series | None = None
    insight: Insight | None = None
    """What Cloudflare itself saw of the host."""
    renewal: Renewal | None = None
    """What was looked up about a renewal that did not happen."""
    own_certificate: tuple[bytes, ...] = ()
    """The client certificate that was shown in the edge's place: DER, leaf first."""

    # -- the edge's own probe -------------------------------------------------------------

    @property
    def before_hello(self) -> bool:
        """The TCP connection was up and the probe ended before a ServerHello."""
        return (
            self.edge is not None
            and self.edge.stage.reached(Stage.CONNECTED)
            and not self.edge.answered
            and self.route.scheme == "https"
        )

    @property
    def silent_close(self) -> bool:
        """The ClientHello was answered by a close and not one byte. FIN and RST are one class:
        which of them arrives is a race."""
        return (
            self.before_hello
            and self.edge is not None
            and self.edge.ending in (Ending.EOF, Ending.RESET)
            and self.edge.bytes_received == 0
        )

    @property
    def silent(self) -> bool:
        """Not one byte came in answer to the ClientHello until the deadline."""
        return (
            self.before_hello
            and self.edge is not None
            and self.edge.ending is Ending.TIMEOUT
            and self.edge.bytes_received == 0
        )

    def first_alert(self, *numbers: int) -> Alert | None:
        """The fatal alert that answered the ClientHello, if it bears one of ``numbers``."""
        if not self.before_hello or self.edge is None:
            return None
        alert = self.edge.fatal_alert
        if alert is None or (numbers and alert.description not in numbers):
            return None
        return alert

    @property
    def leaf(self) -> CertificateFacts | None:
        if self.verdict is None or not self.verdict.certificates:
            return None
        return self.verdict.certificates[0]

    @property
    def validated(self) -> bool | None:
        """Whether the mode in force has the certificate judged; None if it is not known."""
        return validates(self.route.mode)

    # -- the differential probes ----------------------------------------------------------

    def varied(self, variable: str, value: str | None = None) -> Iterator[Observation]:
        """The probes that changed this variable (to this value)."""
        for probe in self.probes:
            change = probe.variation
            if change is None or change.variable != variable:
                continue
            if value is None or change.value == value:
                yield probe

    @property
    def any_answered(self) -> bool:
        """Whether any differential probe was taken up."""
        return any(probe.answered for probe in self.probes)

    def answered(self, variable: str, value: str | None = None) -> Observation | None:
        """The first such probe that was answered with a ServerHello."""
        return next(
            (each for each in self.varied(variable, value) if each.answered),
            None,
        )

    @property
    def offers_answered(self) -> tuple[Observation, ...]:
        """The probes that kept the name, changed the offer, and were taken up."""
        return tuple(
            probe
            for probe in self.probes
            if probe.answered and probe.variation and probe.variation.variable in OFFERS
        )

    @property
    def name_decides(self) -> bool:
        """Whether another name is accepted and no other offer for this name is."""
        return self.answered("sni") is not None and not self.offers_answered

    @property
    def framing_decides(self) -> bool:
        """Whether the listener answers once a PROXY header comes first."""
        return self.answered("proxy") is not None

    @property
    def inconsistent(self) -> tuple[Observation, ...]:
        """Probes that were alike and ended differently: what one change seems to prove is then
        worth nothing, because nothing at all had to change."""
        if self.edge is None or not self.edge.stage.reached(Stage.CONNECTED):
            return ()
        groups: dict[tuple[str, str], list[Observation]] = {("repeat", ""): [self.edge]}
        for probe in self.probes:
            change = probe.variation
            if change is not None and probe.ending is not Ending.LOCAL_ERROR:
                groups.setdefault((change.variable, change.value), []).append(probe)
        return next((tuple(alike) for alike in groups.values() if _differ(alike)), ())

    @property
    def address(self) -> str:
        return self.route.address or "(no address)"

    @property
    def where(self) -> str:
        """'203.0.113.7:443', or '[2001:db8::7]:443'."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.route.port}"


OFFERS: Final = (
    *("version", "profile", "suites", "groups", "signature_algorithms"),
    *("alpn", "post_quantum"),
)
"""The variables that change what the ClientHello offers and leave its name alone.

Not ``without``, which takes stock: it would prove of a long look what a short one leaves open."""


def _differ(probes: Sequence[Observation]) -> bool:
    """Whether a server did to like probes what it does by configuration and not by chance.

    Whether it answers, with which alert it refuses, with which certificate. An alert may be lost
    in the reset behind it, so that one and none count as alike; so do a close and a time-out.
    """
    refusals = {each.fatal_alert.description for each in probes if each.fatal_alert}
    leaves = {each.certificates[0] for each in probes if each.certificates}
    return len({each.answered for each in probes}) > 1 or len(refusals) > 1 or len(leaves) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A cause that holds. ``facts`` fill the page's variables."""

    confidence: Confidence
    evidence: tuple[Evidence, ...]
    reason: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    status: str = ""  # where it differs from the case's own
    contributing: bool = False


def evidence(text: str, *observations: Observation | None) -> Evidence:
    """One proof with the ids of the observations that bear it out."""
    return Evidence(text=text, observations=tuple(each.id for each in observations if each))


def outcome(observation: Observation) -> str:
    """What came of a probe in a few words: 'TLS 1.3, AES..., X25519' or 'alert 112 ...'."""
    hello = observation.server_hello
    if hello is not None:
        parts = [version_name(hello.version), suite_name(hello.suite)]
        if hello.group is not None:
            parts.append(group_name(hello.group))
        return ", ".join(parts)
    alert = observation.fatal_alert
    if alert is not None:
        return f"alert {alert.description} {alert.name}"
    if observation.plaintext is not None:
        return f"no TLS but {observation.plaintext.kind}"
    if observation.http is not None:
        status = observation.http.status
        first = observation.http.body_head[:16].hex(" ")
        return f"HTTP {status}" if status is not None else f"no HTTP but {first}"
    return {
        Ending.EOF: "closed without a byte" if not observation.bytes_received else "closed",
        Ending.RESET: "reset without a byte" if not observation.bytes_received else "reset",
        Ending.TIMEOUT: f"no answer in {observation.timings.total / 1000:.1f} s",
        Ending.REFUSED: "connection refused",
        Ending.CONNECT_TIMEOUT: "no answer to the TCP SYN",
    }.get(observation.ending, f"{observation.ending} {observation.detail}".strip())


def variation_label(variation: Variation) -> str:
    """How a changed variable reads in a proof: 'SNI example.com', 'no SNI', 'TLS 1.2 only'."""
    value = variation.value
    match variation.variable:
        case "sni":
            return f"SNI {value}" if value else "no SNI"
        case "version":
            return f"{value} only"
        case "proxy":
            return "with a PROXY header first"
        case "repeat":
            return "the same once more"
        case "split":
            return "ClientHello in two pieces"
        case "mute":
            return "nothing said at all"
        case "host":
            return f"Host {value}"
        case "without" if (step := Elimination.parse(value)) is not None:
            label = f"{version_name(step.version)}, all {step.kind.replace('_', ' ')}"
            return f"{label} but {len(step.left_out)}" if step.left_out else label
        case "challenge":
            return "a made-up ACME challenge over HTTP"
        case "plain":
            return f"plain HTTP on port {value}" if value else "plain HTTP"
        case "alpn":
            return f"ALPN {value}" if value else "no ALPN"
        case "post_quantum":
            return f"post-quantum {value}"
        case "profile":
            return {
                "permissive": "every TLS 1.3 suite, group and signature",
                "legacy": "every suite of TLS 1.0 to 1.2",
                "ssl3": "SSLv3",
            }.get(value, value)
        case "suites" if value == "aead":
            return "only suites of TLS 1.2 and later"
        case "suites" | "groups":
            return f"with every {variation.variable.removesuffix('s')} there is"
        case "signature_algorithms":
            return "with every signature algorithm there is"
        case other:
            return f"{other} {value}"


def contrast(case: Case, *probes: Observation) -> Evidence:
    """The edge's probe beside others that changed one variable each."""
    assert case.edge is not None
    parts = [f"as the edge asks → {outcome(case.edge)}"]
    parts += [
        f"{variation_label(probe.variation)} → {outcome(probe)}"
        for probe in probes
        if probe.variation is not None
    ]
    return evidence("; ".join(parts), case.edge, *probes)
