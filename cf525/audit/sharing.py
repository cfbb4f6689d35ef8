"""Connections that many hosts share: the same question is asked of an address only once, and no
address gets more than a few connections at a time, paced.

What a probe does is not decided here. Finished observations are kept for a while only: most
hosts ask with a name of their own, so keeping all would only fill the memory.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import field, replace
from typing import Final

from cf525.diagnosis.judge import Judge
from cf525.model import ChainVerdict, Ending, Observation, Route
from cf525.pki.certificate import Malformed, parse
from cf525.pki.completion import Fetch
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan, Runner
from cf525.values import dataclass

KEPT: Final = 512
GATES: Final = 4096
"""Addresses remembered: beyond so many those where nothing goes on are forgotten."""
DEAD_AFTER: Final = 2
"""Connections in a row that an address did not answer, after which it is not asked for a while."""
DEAD_FOR: Final = 60.0
_UNANSWERED: Final = (Ending.CONNECT_TIMEOUT, Ending.UNREACHABLE)


@dataclass(slots=True)
class _Gate:
    """The way to one address."""

    slots: asyncio.Semaphore
    turns: asyncio.Semaphore
    next_at: float = 0.0
    unanswered: list[Observation] = field(default_factory=list)
    dead_until: float = 0.0
    users: int = 0
    open: set["asyncio.Future[Observation]"] = field(default_factory=set)


class SharedRunner:
    """Runs probes for many hosts; ``connections`` counts those really opened."""

    def __init__(self, *, per_address: int, gap: float, runner: Runner = run_probe) -> None:
        self.connections = 0
        self._runner = runner
        self._per_address = per_address
        self._gap = gap
        self._gates: dict[str, _Gate] = {}
        self._most_gates = GATES
        self._known: OrderedDict[object, asyncio.Future[Observation]] = OrderedDict()

    async def __call__(self, plan: ProbePlan) -> Observation:
        """The observation for a plan, from a connection of its own or from an equal one's."""
        key = _question(plan)
        known = self._known.get(key)
        if known is None or known.cancelled():
            known = asyncio.ensure_future(self._probe(plan))
            self._known[key] = known
            running = self._gate(plan.route.address or "").open
            running.add(known)
            known.add_done_callback(running.discard)
            if len(self._known) > KEPT:
                self._drop_oldest()
        else:
            self._known.move_to_end(key)
        seen = await asyncio.shield(known)
        if (seen.id, seen.route) == (plan.id, plan.route.id):
            return seen
        return replace(seen, id=plan.id, route=plan.route.id, variation=plan.variation)

    @asynccontextmanager
    async def turn(self, routes: Iterable[Route]) -> AsyncIterator[None]:
        """Wait until it is this host's turn at all its addresses.

        A host's time begins here, so that queueing for a slow address costs it nothing.
        """
        addresses = {route.address for route in routes if route.probeable and route.address}
        async with AsyncExitStack() as stack:
            for address in sorted(addresses):
                gate = self._gate(address)
                gate.users += 1
                stack.callback(_left, gate)
                await stack.enter_async_context(gate.turns)
            yield

    async def settled(self, addresses: Iterable[str]) -> None:
        """Wait for the end of what runs there now: a probe outlives a host whose time is over."""
        running = {each for address in addresses for each in self._gate(address).open}
        if running:
            await asyncio.wait(running)

    async def _probe(self, plan: ProbePlan) -> Observation:
        gate = self._gate(plan.route.address or "")
        loop = asyncio.get_running_loop()
        async with gate.slots:
            if gate.dead_until > loop.time():
                return gate.unanswered[-1]
            start = max(loop.time(), gate.next_at)
            gate.next_at = start + self._gap
            if start > loop.time():
                await asyncio.sleep(start - loop.time())
            self.connections += 1
            seen = await self._runner(plan)
        self._note(gate, seen, loop.time())
        return seen

    def _note(self, gate: _Gate, seen: Observation, now: float) -> None:
        if seen.ending not in _UNANSWERED:
            gate.unanswered.clear()
            return
        gate.unanswered.append(seen)
        if len(gate.unanswered) >= DEAD_AFTER:
            del gate.unanswered[:-1]
            gate.dead_until = now + DEAD_FOR

    def _gate(self, address: str) -> _Gate:
        if address not in self._gates:
            if len(self._gates) >= self._most_gates:
                self._forget_idle()
            self._gates[address] = _Gate(
                asyncio.Semaphore(self._per_address), asyncio.Semaphore(self._per_address)
            )
        return self._gates[address]

    def _forget_idle(self) -> None:
        now = asyncio.get_running_loop().time()
        self._gates = {
            address: gate
            for address, gate in self._gates.items()
            if gate.users or gate.open or max(gate.next_at, gate.dead_until) > now
        }
        self._most_gates = max(GATES, 2 * len(self._gates))

    def _drop_oldest(self) -> None:
        for key, each in self._known.items():
            if each.done():
                del self._known[key]
                return


def _left(gate: _Gate) -> None:
    gate.users -= 1


def _question(plan: ProbePlan) -> object:
    """What makes two probes the same question."""
    return (
        *(plan.route.endpoint, plan.profile, plan.sni, plan.host_header, plan.path, plan.deadline),
        plan.answer_deadline,
        *(plan.stop_at, plan.request, plan.visitor_scheme, plan.prelude, plan.split, plan.plain),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedJudge(Judge):
    """Judges the same chain once: for the same names, and for all names of one wildcard."""

    known: "OrderedDict[object, ChainVerdict | None]" = field(default_factory=OrderedDict)

    def verdict(self, route: Route, seen: Observation) -> ChainVerdict | None:
        """The verdict of an equal case before, as one about this observation."""
        if not seen.certificates:
            return None
        hello = seen.server_hello
        chosen = (hello.version, hello.suite) if hello is not None else None
        names = route.accepted_names
        chain = (seen.certificates, seen.key_proof, chosen)
        verdict = self.known.get((chain, names)) or self.known.get((chain, _wildcard(seen, names)))
        if verdict is None:
            verdict = Judge(trust=self.trust, at=self.at).verdict(route, seen)
            self._keep((chain, names), verdict)
            if verdict is not None and verdict.accepted and verdict.matched_name in names:
                self._keep((chain, _wildcard(seen, names)), verdict)
        elif verdict.names != names and verdict.matched_name is not None:
            verdict = replace(verdict, names=names, matched_name=names[0])
        return None if verdict is None else replace(verdict, observation=seen.id)

    def _keep(self, key: tuple[object, object], verdict: ChainVerdict | None) -> None:
        if key[1] is not None:
            self.known[key] = verdict
            if len(self.known) > KEPT:
                self.known.popitem(last=False)


_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")


def _wildcard(seen: Observation, names: tuple[str, ...]) -> str | None:
    """The wildcard of the leaf that covers the one name asked for, where no rule of matching can
    tell that name from another under it: a plain label in place of the star."""
    if len(names) != 1:
        return None
    label, _, parent = names[0].partition(".")
    if not _LABEL.match(label) or label.startswith("xn--"):
        return None
    try:
        entries = parse(seen.certificates[0]).extensions.dns_names
    except Malformed:
        return None
    return f"*.{parent}" if f"*.{parent}".encode() in entries else None


class SharedFetch:
    """Downloads each file once for all hosts, and an absent one not again either."""

    def __init__(self, inner: Fetch) -> None:
        self._inner = inner
        self._known: OrderedDict[str, asyncio.Future[bytes | None]] = OrderedDict()

    async def get(self, url: str) -> bytes | None:
        """The file, or nothing."""
        if url not in self._known:
            self._known[url] = asyncio.ensure_future(self._inner.get(url))
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return await asyncio.shield(self._known[url])

    def keep(self, url: str, content: bytes) -> None:
        """Remember one that proved right for later runs too."""
        self._inner.keep(url, content)
