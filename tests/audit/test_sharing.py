"""Connections that hosts share: few at a time, paced, and no question asked twice."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from cf525.audit.sharing import SharedFetch, SharedRunner
from cf525.model import Ending, Observation, Stage, Target
from cf525.probe.plan import ProbePlan, edge_plan
from tests.audit.rows import route

TARGET = Target(scheme="https", host="www.z.example", port=443)


class Origin:
    """Answers probes, and counts how many at once."""

    def __init__(self, ending: Ending = Ending.DONE, seconds: float = 0.005) -> None:
        self.plans: list[ProbePlan] = []
        self.at_once = self.most = 0
        self.starts: list[float] = []
        self._ending = ending
        self._seconds = seconds

    async def __call__(self, plan: ProbePlan) -> Observation:
        self.plans.append(plan)
        self.starts.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self._seconds)
        self.at_once -= 1
        return Observation(
            id=plan.id,
            route=plan.route.id,
            profile="p",
            variation=None,
            address=plan.route.address or "",
            port=443,
            sni=plan.sni,
            started_at=datetime.now(UTC),
            stage=Stage.ESTABLISHED,
            ending=self._ending,
        )


def plan(name: str, number: int = 1, id: str = "o1") -> ProbePlan:
    return edge_plan(replace(route(number), sni=name, host_header=name), TARGET, id=id)


def probed(origin: Origin, plans: list[ProbePlan], *, gap: float = 0.0) -> list[Observation]:
    async def run() -> list[Observation]:
        shared = SharedRunner(per_address=4, gap=gap, runner=origin)
        seen = list(await asyncio.gather(*(shared(each) for each in plans)))
        assert shared.connections == len(origin.plans)
        return seen

    return asyncio.run(run())


def test_an_address_never_gets_more_than_four_connections_at_once() -> None:
    origin = Origin()
    probed(origin, [plan(f"h{number}.z.example") for number in range(20)])
    assert (len(origin.plans), origin.most) == (20, 4)


def test_addresses_do_not_wait_for_each_other() -> None:
    origin = Origin()
    probed(origin, [plan(f"h{number}.z.example", number) for number in range(1, 13)])
    assert origin.most == 12


def test_connections_to_an_address_are_paced() -> None:
    origin = Origin(seconds=0.0)
    probed(origin, [plan(f"h{number}.z.example") for number in range(8)], gap=0.02)
    assert origin.starts[-1] - origin.starts[0] >= 7 * 0.02 - 0.05


def test_the_same_question_is_asked_once_and_answered_to_each() -> None:
    origin = Origin()
    seen = probed(origin, [plan("www.z.example", id=f"o{number}") for number in range(6)])
    assert len(origin.plans) == 1
    assert [each.id for each in seen] == [f"o{number}" for number in range(6)]


def test_another_name_or_another_profile_is_another_question() -> None:
    origin = Origin()
    one = plan("www.z.example")
    probed(origin, [one, plan("b.z.example"), replace(one, request=False), replace(one, split=3.0)])
    assert len(origin.plans) == 4


def test_an_address_that_never_answers_is_not_asked_for_every_host() -> None:
    origin = Origin(Ending.CONNECT_TIMEOUT)
    seen = probed(origin, [plan(f"h{number}.z.example") for number in range(40)])
    assert len(origin.plans) <= 6
    assert {each.ending for each in seen} == {Ending.CONNECT_TIMEOUT}


def test_a_refused_port_is_asked_again_for_every_host() -> None:
    origin = Origin(Ending.REFUSED)
    probed(origin, [plan(f"h{number}.z.example") for number in range(10)])
    assert len(origin.plans) == 10


def test_waiting_for_a_turn_holds_no_connection() -> None:
    async def run() -> list[int]:
        shared = SharedRunner(per_address=2, gap=0.0, runner=Origin())
        inside, most = 0, []

        async def host() -> None:
            nonlocal inside
            async with shared.turn((route(1), route(2))):
                inside += 1
                most.append(inside)
                await asyncio.sleep(0.005)
                inside -= 1

        await asyncio.gather(*(host() for _ in range(8)))
        return most

    assert max(asyncio.run(run())) == 2


def test_a_file_is_downloaded_once_for_all_hosts_and_an_absent_one_too() -> None:
    class Files:
        def __init__(self) -> None:
            self.asked: list[str] = []

        async def get(self, url: str) -> bytes | None:
            self.asked.append(url)
            await asyncio.sleep(0)
            return b"der" if "here" in url else None

        def keep(self, url: str, content: bytes) -> None:
            self.asked.append(f"kept {url}")

    async def run(files: Files) -> list[bytes | None]:
        shared = SharedFetch(files)
        found = await asyncio.gather(*(shared.get(url) for url in ("here", "gone") * 5))
        shared.keep("here", b"der")
        return list(found)

    files = Files()
    assert asyncio.run(run(files)) == [b"der", None] * 5
    assert files.asked == ["here", "gone", "kept here"]
