"""The demo: every scenario of the lab through the very code a user runs."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from cf525.fixing.job import propose
from cf525.fixing.wishes import Wish
from cf525.jobs.diagnose import diagnose
from cf525.jobs.lint import Lint, lint
from cf525.lab import site
from cf525.lab.running import Lab
from cf525.lab.scenarios import Scenario
from cf525.lab.writes import EDIT
from cf525.model import Report
from cf525.model.parsing import parse_target
from cf525.values import dataclass

T = TypeVar("T")

PATIENCE: Final = 120.0
AT_ONCE: Final = 7


@dataclass(frozen=True, slots=True)
class DemoResult:
    scenario: Scenario
    report: Report

    @property
    def as_expected(self) -> bool:
        expected = (self.scenario.status, self.scenario.headline)
        return (self.report.edge_status, self.report.headline) == expected


class CarryOut(Protocol):
    """What runs a job to its end, as ``asyncio.run`` does."""

    def __call__(self, job: Coroutine[Any, Any, T], /) -> T: ...


def run_demo(
    lab: Lab, scenarios: Sequence[Scenario], *, carry_out: CarryOut = asyncio.run
) -> list[DemoResult]:
    """Diagnose every scenario's host, some side by side, however long a busy machine takes."""

    async def everything() -> list[Report]:
        options = replace(lab.options(), timeout=PATIENCE, edge=True)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(scenario: Scenario) -> Report:
            async with gate:
                return await diagnose(scenario.host, options)

        return await asyncio.gather(*map(one, scenarios))

    reports = carry_out(everything())
    return [DemoResult(*pair) for pair in zip(scenarios, reports, strict=True)]


@dataclass(frozen=True, slots=True)
class Story:
    """What another command makes of the world, beside what it should."""

    command: str
    outcome: str
    expected: str

    @property
    def as_expected(self) -> bool:
        return self.outcome == self.expected


LINTED: Final = "525 sni-rejected-112, line 5, 4, 9"


def run_stories(lab: Lab, *, carry_out: CarryOut = asyncio.run) -> list[Story]:
    """A stop-gap planned, and a configuration read: nothing is changed."""
    options = replace(lab.options(), timeout=PATIENCE)

    async def both() -> tuple[str, str]:
        target = parse_target("expired.example.com")
        plan = await propose(target, options, Wish(remedy="mode-for-host"))
        report = await lint(Lint(host=site.HOST, paths=(str(lab.site),), trust_files=(lab.trust,)))
        headline = report.headline_finding
        places = headline.places if headline is not None else ()
        lines = ", ".join(str(each.line) for each in places)
        stop_gap = f"{plan.predicted.was} would become {plan.predicted.edge_status}"
        return stop_gap, f"{report.edge_status} {report.headline}, line {lines}"

    stop_gap, line = carry_out(both())
    return [
        Story("cf525 fix expired.example.com mode-for-host", stop_gap, "526 would become ok"),
        Story(f"cf525 lint nginx.conf --host {site.HOST}", line, LINTED),
    ]


def environment(lab: Lab) -> str:
    """Shell lines after which any command asks the lab in place of Cloudflare."""
    host, port = lab.resolver
    rules = " ".join(
        f"{rule.host}:{rule.port}:{rule.to_host}:{rule.to_port}" for rule in lab.connect_to
    )
    return (
        "# The lab is up. In another terminal:\n"
        f"export CLOUDFLARE_BASE_URL='{lab.api_base}'\n"
        f"export CLOUDFLARE_API_TOKEN='{lab.world.tokens[0].value}'\n"
        f"{_fix_token(lab)}"
        f"export CF525_RESOLVER='{host}:{port}'\n"
        f"export CF525_TRUST='{lab.trust}'\n"
        f"export CF525_CONNECT_TO='{rules}'\n"
        "# Worth trying first:\n"
        "#   cf525 diagnose www.example.com\n"
        "#   cf525 fix expired.example.com mode-for-host --apply\n"
        f"#   cf525 lint {lab.site} --host {site.HOST}\n"
        "# Ctrl-C here ends the lab.\n"
    )


def _fix_token(lab: Lab) -> str:
    """A token that may write, where the world has one."""
    found = next((each for each in lab.world.tokens if EDIT & each.permissions), None)
    return f"export CLOUDFLARE_FIX_TOKEN='{found.value}'\n" if found is not None else ""


def wait_for_interrupt() -> None:
    """Stay until Ctrl-C or a termination signal."""
    done = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        while not done.wait(0.5):
            pass
