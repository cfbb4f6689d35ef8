"""Diagnoses a real server on loopback without an account."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from cf525.diagnosis.options import Options
from cf525.jobs.diagnose import diagnose
from cf525.model import Observation, Report
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan
from tests.servers.real import HOST, Files


def diagnosed(
    port: int,
    files: Files,
    *,
    host: str = HOST,
    mode: str = "strict",
    addresses: Sequence[str] = ("127.0.0.1",),
    patience: float = 60_000,
) -> Report:
    """The report of a diagnosis of ``host`` at these addresses, trusting the test's CA.

    ``patience`` stands for every deadline of a probe, in milliseconds: a server on a busy machine
    is not to look like one that is silent.
    """

    async def patiently(plan: ProbePlan) -> Observation:
        return await run_probe(replace(plan, deadline=patience, answer_deadline=patience))

    options = Options(
        origins=tuple((address, port) for address in addresses),
        mode=mode,
        trust_files=(files.trust,),
        edge=False,
        fetch=False,
    )
    return asyncio.run(diagnose(host, options, runner=patiently))


def outcome(report: Report) -> tuple[str, str | None]:
    return report.edge_status, report.headline
