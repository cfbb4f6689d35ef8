"""A stop-gap in the demo: planned, made, seen at the lab's edge, and taken back."""

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from cf525.account.credentials import Credentials
from cf525.fixing.job import Hands, carry_out, propose, take_back
from cf525.fixing.journal import Journal
from cf525.fixing.planning import Wish
from cf525.fixing.watching import until_seen
from cf525.lab.running import Lab
from cf525.lab.writes import EDIT
from cf525.model.fix import FixPlan
from cf525.model.parsing import parse_target
from cf525.model.status import OK, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class StopGap:
    """The plan, and what visitors get before it, with it and after its undo; None where the edge
    did not tell."""

    plan: FixPlan
    before: Status | None
    made: Status | None
    after: Status | None

    @property
    def as_expected(self) -> bool:
        predicted = self.plan.predicted
        return (self.before, self.made, self.after) == (
            predicted.was,
            predicted.edge_status,
            predicted.was,
        )


def run_stop_gap(lab: Lab, host: str, remedy: str) -> StopGap:
    """One remedy for one host, from plan to undo."""
    writer = next(each for each in lab.world.tokens if EDIT & each.permissions)
    options, target = lab.options(), parse_target(host)
    looking = replace(options, edge=True)

    async def at_the_edge() -> Status | None:
        return (await until_seen(target, looking, OK, within=0)).status

    async def everything(folder: Path) -> StopGap:
        hands = Hands(
            writer=Credentials(writer.value, "the lab"),
            journal=Journal(folder),
            api_base=lab.api_base,
        )
        before = await at_the_edge()
        plan = await propose(target, options, Wish(remedy=remedy))
        await carry_out(plan, hands)
        made = await at_the_edge()
        await take_back(plan.id, hands)
        return StopGap(plan=plan, before=before, made=made, after=await at_the_edge())

    with tempfile.TemporaryDirectory(prefix="cf525-demo-") as folder:
        return asyncio.run(everything(Path(folder)))
