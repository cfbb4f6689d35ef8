"""What a cause is matched against: one route with all that is known of it.

A ``Case`` only answers questions about what was seen. Absence of a probe is not a "no": the
helpers return empty results for what was not tried, and a cause must ask for it first.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cf525.edge.modes import validates
from cf525.model import (
    Alert,
    CertificateFacts,
    ChainVerdict,
    EdgeStatus,
    Ending,
    Insight,
    Observation,
    Renewal,
    Route,
    Series,
    Stage,
    Target,
    Variable,
    Visit,
    ZoneFacts,
)
from cf525.model.target import place_of
from cf525.pki.pem import Damage
from cf525.servers.foretold import Foretold
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a target as a whole, the same for all its routes.

    ``deep`` says that many connections may be opened, to tell what few cannot; ``server`` is the
    platform a person named, which comes before every guess. ``visit`` is what a request through
    the edge met at the same minute, ``insight`` what Cloudflare itself saw of the host,
    ``renewal`` what was looked up about a renewal that did not happen. ``own_certificate`` is the
    client certificate that was shown in the edge's place: DER, leaf first.
    """

    target: Target
    zone: ZoneFacts | None = None
    deep: bool = False
    server: str = ""
    visit: Visit | None = None
    insight: Insight | None = None
    renewal: Renewal | None = None
    own_certificate: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One route in its context: the edge's probe of it, the differential probes, the judgements.

    Any of them may be missing: a chain that was read from a file has a ``verdict`` and no
    ``edge``. ``siblings`` are the target's other routes; ``others`` the same route as like probes
    met it that were shown another certificate, and a bad one. ``files`` are the certificate
    files that were read, as they were named, ``damages`` what servers mind in them,
    ``key_of`` which of their certificates (from 1, 0 for none) a key that is not the first one's
    belongs to; ``direct`` is the verdict on what visitors get where the edge is not between;
    ``configuration`` is what a server's own files foretell.
    """

    context: Context
    route: Route
    status: EdgeStatus
    edge: Observation | None = None
    verdict: ChainVerdict | None = None
    probes: tuple[Observation, ...] = ()
    series: Series | None = None
    siblings: tuple["Case", ...] = ()
    others: tuple["Case", ...] = ()
    files: tuple[str, ...] = ()
    damages: tuple[Damage, ...] = ()
    key_of: int | None = None
    key_of_another_kind: bool = False
    direct: ChainVerdict | None = None
    configuration: Foretold | None = None

    @property
    def long_hello_lost(self) -> bool:
        """Whether the edge's hello is answered, and a longer one is dropped each time."""
        if self.edge is None or not self.edge.established:
            return False
        long = tuple(self.varied(Variable.POST_QUANTUM, "preferred"))
        return len(long) > 1 and all(each.stage is Stage.HELLO_SENT for each in long)

    # -- the context ----------------------------------------------------------------------

    @property
    def target(self) -> Target:
        return self.context.target

    @property
    def zone(self) -> ZoneFacts | None:
        return self.context.zone

    @property
    def deep(self) -> bool:
        return self.context.deep

    @property
    def server(self) -> str:
        return self.context.server

    @property
    def visit(self) -> Visit | None:
        return self.context.visit

    @property
    def insight(self) -> Insight | None:
        return self.context.insight

    @property
    def renewal(self) -> Renewal | None:
        return self.context.renewal

    @property
    def own_certificate(self) -> tuple[bytes, ...]:
        return self.context.own_certificate

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names that may be the origin's own: those a certificate may carry, and the one by
        which a pool has the endpoint."""
        endpoint = self.route.provenance.get("endpoint")
        return (*self.route.accepted_names, *((endpoint.detail,) if endpoint is not None else ()))

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

    @property
    def stalled(self) -> bool:
        """The server began to answer the edge's hello, and nothing followed until the deadline."""
        return self.edge is not None and stalled(self.edge)

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

    def varied(self, variable: Variable, value: str | None = None) -> Iterator[Observation]:
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

    def answered(self, variable: Variable, value: str | None = None) -> Observation | None:
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
        return self.answered(Variable.SNI) is not None and not self.offers_answered

    @property
    def framing_decides(self) -> bool:
        """Whether the listener answers once a PROXY header comes first."""
        return self.answered(Variable.PROXY) is not None

    @property
    def inconsistent(self) -> tuple[Observation, ...]:
        """Probes that were alike and ended differently: what one change seems to prove is then
        worth nothing, because nothing at all had to change."""
        if self.edge is None or not self.edge.stage.reached(Stage.CONNECTED):
            return ()
        groups: dict[tuple[Variable, str], list[Observation]] = {(Variable.REPEAT, ""): [self.edge]}
        for probe in self.probes:
            change = probe.variation
            if change is not None and probe.ending is not Ending.LOCAL_ERROR:
                groups.setdefault((change.variable, change.value), []).append(probe)
        return next((tuple(alike) for alike in groups.values() if _differ(alike)), ())

    @property
    def standby(self) -> bool:
        """Whether the route serves nobody while everything before it is healthy."""
        return "standby" in self.route.provenance

    @property
    def rule(self) -> str:
        """The rules that must or must not match for this route to be taken, in words; empty where
        every visitor takes it."""
        why = self.route.provenance.get("rule")
        return why.detail if why is not None else ""

    @property
    def spared(self) -> tuple["Case", ...]:
        """The routes that work and differ from this one by a rule: some visitors take them.

        Of two addresses each is compared with itself; one that only a rule leads to has no twin.
        """
        here = {each.place for each in (self, *self.siblings) if each.rule == self.rule}
        return tuple(
            other
            for other in self.siblings
            if other.rule != self.rule
            and other.status.status.works
            and not other.standby
            and (
                other.place == self.place
                or (other.place not in here and not self._led_to_by(other.rule))
            )
        )

    @property
    def disputed(self) -> bool:
        """Whether the same visitor at the same address is served on another route, which holds if
        Cloudflare's pages are read otherwise."""
        return any(
            each.place == self.place
            and each.rule == self.rule
            and each.standby is self.standby
            and each.status.status.works
            for each in self.siblings
        )

    def _led_to_by(self, rule: str) -> bool:
        return any(each.place == self.place for each in self.siblings if each.rule == rule)

    @property
    def place(self) -> tuple[str | None, int]:
        """Where the edge connects, whatever else it does there."""
        return (self.route.address, self.route.port)

    @property
    def address(self) -> str:
        return self.route.address or "(no address)"

    @property
    def where(self) -> str:
        return place_of(self.address, self.route.port)


OFFERS: Final = (
    *(Variable.VERSION, Variable.PROFILE, Variable.SUITES, Variable.GROUPS),
    *(Variable.SIGNATURE_ALGORITHMS, Variable.ALPN, Variable.EXTENSIONS, Variable.POST_QUANTUM),
)
"""The variables that change what the ClientHello offers and leave its name alone.

Not ``without``, which takes stock: it would prove of a long look what a short one leaves open."""


def _differ(probes: Sequence[Observation]) -> bool:
    """Whether a server did to like probes what it does by configuration and not by chance.

    Whether it answers, with which alert it refuses, with which certificate. An alert may be lost
    in the reset behind it, so that one and none count as alike; so do a close and a time-out. A
    handshake that stands still once and is complete another time differs.
    """
    refusals = {each.fatal_alert.description for each in probes if each.fatal_alert}
    leaves = {each.certificates[0] for each in probes if each.certificates}
    slow = any(map(stalled, probes)) and any(each.established for each in probes)
    answered = len({each.answered for each in probes})
    return answered > 1 or len(refusals) > 1 or len(leaves) > 1 or slow


def stalled(probe: Observation) -> bool:
    """Whether TLS began to come and then nothing more, until the deadline."""
    return (
        probe.ending is Ending.TIMEOUT
        and not probe.established
        and bool(probe.bytes_received)
        and probe.plaintext is None
    )
