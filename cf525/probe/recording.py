"""Records what every probe sent and received, and plays it again without a network.

A probe's script is a generator without IO: what goes in decides what comes out. So the recording
is the randomness that was drawn and the events that came, and playing is running the same script
over them. What is kept is the probe's own: its ephemeral keys and the bytes of its connection. No
token, no cookie and no private key of a client certificate is among them; the signature that was
made with one is.
"""

import os
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cf525.model import Ending, Observation, Variation
from cf525.probe.commands import (
    Closed,
    Command,
    Event,
    Expired,
    Failed,
    Open,
    Opened,
    Received,
    Send,
    Wait,
)
from cf525.probe.driver import drive
from cf525.probe.plan import ProbePlan
from cf525.probe.reach import Reach
from cf525.probe.script import Script, probe_script
from cf525.tls import ClientCertificate
from cf525.tls.certificate import public_key
from cf525.tls.limits import LIMITS
from cf525.values import dataclass

Key: TypeAlias = tuple[str, Variation | None]
NOT_RECORDED: Final = "not_recorded"


class Happening(StrEnum):
    """The kinds of steps: what a probe sent, and every event it was told of."""

    SENT = "sent"
    OPENED = "opened"
    FAILED = "failed"
    RECEIVED = "received"
    CLOSED = "closed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened; ``how`` is an ending where there is one."""

    what: Happening
    at: float
    data: bytes = b""
    how: Ending = Ending.DONE
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One probe. ``random`` is all it drew; ``signatures`` those of its client certificate;
    ``key_log`` the secrets of this one connection, by which a capture of it can be read."""

    route: str
    variation: Variation | None
    address: str
    port: int
    started_at: datetime
    random: bytes
    steps: tuple[Step, ...]
    signatures: tuple[bytes, ...] = ()
    client_chain: tuple[bytes, ...] = ()
    key_log: tuple[str, ...] = ()


@dataclass
class Recorder:
    """Runs probes by a ``Reach`` and keeps what happened, in the order of their beginnings."""

    reach: Reach
    slots: list[Recorded | None] = field(default_factory=list)

    async def run(self, plan: ProbePlan) -> Observation:
        slot = len(self.slots)
        self.slots.append(None)
        plan = self.reach.equipped(plan)
        signatures: list[bytes] = []
        if plan.client_certificate is not None:
            own = plan.client_certificate
            noting = _Noting(chain=own.chain, key=own.key, kept=signatures)
            plan = replace(plan, client_certificate=noting)
        drawn, steps, key_log = bytearray(), list[Step](), list[str]()
        started_at = datetime.now(UTC)

        def random(count: int) -> bytes:
            fresh = os.urandom(count)
            drawn.extend(fresh)
            return fresh

        script = probe_script(plan, random=random, started_at=started_at, key_log=key_log)
        seen = await drive(_noted(script, steps), self.reach.transport)
        host, port = plan.route.endpoint
        self.slots[slot] = Recorded(
            route=plan.route.id,
            variation=plan.variation,
            address=host,
            port=port,
            started_at=started_at,
            random=bytes(drawn),
            steps=tuple(steps),
            signatures=tuple(signatures),
            client_chain=plan.client_certificate.chain if plan.client_certificate else (),
            key_log=tuple(key_log),
        )
        return seen

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """What is complete; probes that were cut off are left out."""
        return tuple(each for each in self.slots if each is not None)


class Player:
    """Answers plans from recordings: each of the same kind in the order they were recorded."""

    def __init__(self, recorded: Sequence[Recorded]) -> None:
        self._left: defaultdict[Key, deque[Recorded]] = defaultdict(deque)
        for each in recorded:
            self._left[each.route, each.variation].append(each)

    async def run(self, plan: ProbePlan) -> Observation:
        left = self._left[plan.route.id, plan.variation]
        return play(plan, left.popleft()) if left else not_recorded(plan)


def play(plan: ProbePlan, recorded: Recorded) -> Observation:
    """The observation that the recorded bytes give under this plan."""
    if recorded.client_chain:
        plan = replace(plan, client_certificate=stand_in(recorded))
    script = probe_script(plan, random=_drawing(recorded.random), started_at=recorded.started_at)
    events = deque(event for step in recorded.steps if (event := _event(step)) is not None)
    last = max((step.at for step in recorded.steps), default=0.0)
    return _played(script, events, last)


def not_recorded(plan: ProbePlan) -> Observation:
    """What a plan gives for which nothing was recorded: this machine could not try."""
    script = probe_script(plan, random=bytes, started_at=datetime.now(UTC))
    missing = deque[Event]([Failed(Ending.LOCAL_ERROR, NOT_RECORDED, 0.0)])
    return _played(script, missing, 0.0)


def _played(script: Script, events: deque[Event], last: float) -> Observation:
    event: Event | None = None
    try:
        while True:
            command = script.send(event)
            event = None
            if isinstance(command, Open | Wait):
                event = events.popleft() if events else _exhausted(command, last)
    except StopIteration as end:
        observation: Observation = end.value
        return observation


def _exhausted(command: Command, last: float) -> Event:
    if isinstance(command, Open):
        return Failed(Ending.LOCAL_ERROR, NOT_RECORDED, last)
    return Expired(last)


def _noted(script: Script, steps: list[Step]) -> Script:
    """The same script, with what goes in and out kept."""
    event: Event | None = None
    at = 0.0
    while True:
        try:
            command = script.send(event)
        except StopIteration as end:
            observation: Observation = end.value
            return observation
        if isinstance(command, Send):
            steps.append(Step(what=Happening.SENT, at=at, data=command.data))
        event = yield command
        if event is not None:
            at = event.at
            steps.append(_step(event))


def _step(event: Event) -> Step:
    match event:
        case Opened(at=at):
            return Step(what=Happening.OPENED, at=at)
        case Failed(ending=ending, detail=detail, at=at):
            return Step(what=Happening.FAILED, at=at, how=ending, detail=detail)
        case Received(data=data, at=at):
            return Step(what=Happening.RECEIVED, at=at, data=data)
        case Closed(how=how, at=at):
            return Step(what=Happening.CLOSED, at=at, how=how)
        case Expired(at=at):
            return Step(what=Happening.EXPIRED, at=at)


_EVENTS: Final[Mapping[Happening, Callable[[Step], Event]]] = {
    Happening.OPENED: lambda step: Opened(step.at),
    Happening.FAILED: lambda step: Failed(step.how, step.detail, step.at),
    Happening.RECEIVED: lambda step: Received(step.data, step.at),
    Happening.CLOSED: lambda step: Closed(step.how, step.at),
    Happening.EXPIRED: lambda step: Expired(step.at),
}


def _event(step: Step) -> Event | None:
    make = _EVENTS.get(step.what)
    return make(step) if make is not None else None


def _drawing(random: bytes) -> Callable[[int], bytes]:
    """The recorded randomness again; zeros where a changed program draws more."""
    left = bytearray(random)

    def draw(count: int) -> bytes:
        taken = bytes(left[:count])
        del left[:count]
        return taken.ljust(count, b"\0")

    return draw


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noting(ClientCertificate):
    """A client certificate whose signatures are kept."""

    kept: list[bytes]

    def sign(self, code: int, data: bytes) -> bytes:
        signature = ClientCertificate.sign(self, code, data)
        self.kept.append(signature)
        return signature


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed(ClientCertificate):
    """A client certificate whose key is elsewhere: it gives the signatures that were recorded."""

    left: deque[bytes]

    def sign(self, _code: int, _data: bytes) -> bytes:
        return self.left.popleft() if self.left else b""


def stand_in(recorded: Recorded) -> ClientCertificate:
    """The certificate with a key of the same kind, which only says what could have signed."""
    known = public_key(recorded.client_chain[0], LIMITS.key_bits)
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if isinstance(known, ec.EllipticCurvePublicKey):
        key = ec.generate_private_key(known.curve)
    else:
        key = rsa.generate_private_key(65537, 2048)
    left = deque(recorded.signatures)
    return _Signed(chain=recorded.client_chain, key=key, left=left)
