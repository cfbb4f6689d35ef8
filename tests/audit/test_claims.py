"""Which worker may connect where: to each address one at a time, and nobody waits for ever."""

import asyncio
import random
from collections import defaultdict

import pytest

from cf525.audit.claims import SLACK, Claims


def test_an_address_is_one_workers_at_a_time_and_every_host_has_its_turn() -> None:
    chance = random.Random(18)
    hosts = [
        tuple(sorted(f"a{chance.randrange(12)}" for _ in range(chance.choice((0, 1, 1, 2, 3)))))
        for _ in range(600)
    ]
    at: defaultdict[str, list[int]] = defaultdict(list)
    workers: set[int] = set()
    done = 0

    async def host(claims: Claims, addresses: tuple[str, ...]) -> None:
        nonlocal done
        async with claims.hold(tuple(dict.fromkeys(addresses))) as worker:
            workers.add(worker)
            for each in set(addresses):
                at[each].append(worker)
                assert len(set(at[each])) == 1
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            for each in set(addresses):
                at[each].remove(worker)
        done += 1

    async def run() -> None:
        claims = Claims(3)
        async with asyncio.timeout(60):
            await asyncio.gather(*(host(claims, each) for each in hosts))

    asyncio.run(run())
    assert (done, workers) == (600, {0, 1, 2})


def test_a_host_between_two_workers_waits_for_one_of_them_and_is_not_passed_by() -> None:
    async def run() -> list[str]:
        claims, order = Claims(2), list[str]()
        one, other = await _of_different_workers()
        first, second = asyncio.Event(), asyncio.Event()

        async def hold(name: str, addresses: tuple[str, ...], until: asyncio.Event) -> int:
            async with claims.hold(addresses) as worker:
                order.append(name)
                await until.wait()
                return worker

        now = asyncio.Event()
        now.set()
        tasks = [
            asyncio.create_task(hold("one", (one,), first)),
            asyncio.create_task(hold("other", (other,), second)),
            asyncio.create_task(hold("both", (one, other), now)),
            asyncio.create_task(hold("late", (one,), now)),
        ]
        await asyncio.sleep(0.01)
        assert order == ["one", "other"]
        first.set()
        await asyncio.sleep(0.01)
        second.set()
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(run()) == ["one", "other", "both", "late"]


def test_who_gives_up_waiting_leaves_nothing_claimed() -> None:
    async def run() -> None:
        claims = Claims(2)
        one, other = await _of_different_workers()
        async with claims.hold((one,)), claims.hold((other,)):
            waiting = asyncio.create_task(_hold(claims, (one, other)))
            behind = asyncio.create_task(_hold(claims, (one,)))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.wait_for(behind, 10)
        await asyncio.wait_for(_hold(claims, (one, other)), 10)

    asyncio.run(run())


def test_an_idle_worker_gets_what_nobody_holds() -> None:
    async def run() -> set[int]:
        claims = Claims(2)
        held = [claims.hold((f"a{number}",)) for number in range(8 * SLACK)]
        return {await each.__aenter__() for each in held}

    assert asyncio.run(run()) == {0, 1}


async def _hold(claims: Claims, addresses: tuple[str, ...]) -> None:
    async with claims.hold(addresses):
        await asyncio.sleep(0)


async def _of_different_workers() -> tuple[str, str]:
    """Two addresses, in order, that go to different workers by themselves."""

    async def usual(address: str) -> int:
        async with Claims(2).hold((address,)) as worker:
            return worker

    first, *others = [f"203.0.113.{number}" for number in range(10, 30)]
    own = await usual(first)
    for other in others:
        if await usual(other) != own:
            return first, other
    raise AssertionError("all go to one worker")
