"""What a diagnosis costs the origin: connections and waves over the scenario table."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from cf525.causes import waves
from cf525.causes.case import Case, Context
from cf525.diagnosis.investigate import Investigation
from cf525.diagnosis.judge import Judge
from cf525.model import Observation, Variation
from cf525.pki import TrustStore
from cf525.probe.plan import ProbePlan, edge_plan, vary
from tests.causes.scenarios import TARGET, Talk, route, scripted
from tests.causes.test_scenarios import BROKEN, GOOD, ROOT, openssl, refusing
from tests.servers.heard import attentive_probe

MOST_CONNECTIONS = 12
MOST_WAVES = 3


async def cost(place: tuple[str, int], trust: Path) -> tuple[int, int]:
    """Connections and waves of differential probes behind the edge's own."""
    store = TrustStore.load_default((trust,))
    context = Context(target=TARGET)
    investigation = Investigation(context, judge=Judge(trust=store), runner=attentive_probe)
    routes = (route(place),)
    await investigation.first_look(routes)
    case = investigation.cases["r1"]
    count = 0
    while (wanted := waves.wanted(case)) and count < waves.max_waves(case):
        case = await next_wave(case, wanted)
        count += 1
    return 1 + len(case.probes), count


async def next_wave(case: Case, wanted: tuple[Variation, ...]) -> Case:
    from dataclasses import replace

    base = edge_plan(case.route, TARGET, id="")
    plans: list[ProbePlan] = [
        vary(base, each, id=f"o{number}") for number, each in enumerate(wanted)
    ]
    seen: list[Observation] = list(await asyncio.gather(*map(attentive_probe, plans)))
    return replace(case, probes=(*case.probes, *seen))


def test_a_broken_host_costs_few_connections_and_waves(tmp_path: Path) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(ROOT.pem)
    connections, rounds = [], []
    for _, make, _, _ in BROKEN:
        with scripted(make()) as place:
            opened, waited = asyncio.run(cost(place, trust))
        connections.append(opened)
        rounds.append(waited)
    assert median(connections) <= MOST_CONNECTIONS
    assert median(rounds) <= MOST_WAVES
    assert max(connections) <= waves.MAX_CONNECTIONS
    assert max(rounds) <= waves.MAX_WAVES


@pytest.mark.parametrize("make", [lambda: openssl(GOOD)])
def test_a_healthy_host_costs_one_connection(make: Callable[[], Talk], tmp_path: Path) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(ROOT.pem)
    with scripted(make()) as place:
        assert asyncio.run(cost(place, trust)) == (1, 0)


def test_a_deep_look_asks_more_and_stays_within_its_budget() -> None:
    from dataclasses import replace

    async def deep(place: tuple[str, int]) -> Case:
        store = TrustStore.load_default(())
        context = Context(target=TARGET, deep=True)
        job = Investigation(context, judge=Judge(trust=store), runner=attentive_probe)
        await job.first_look((route(place),))
        await job.look_closer()
        return job.cases["r1"]

    with scripted(refusing(40)) as place:
        case = asyncio.run(deep(place))
    assert waves.MAX_CONNECTIONS < 1 + len(case.probes) <= waves.DEEP_CONNECTIONS
    assert not waves.wanted(replace(case, probes=case.probes * 10))
