"""Diagnoses a real server on loopback without an account."""

import asyncio
from collections.abc import Sequence

from cf525.diagnosis.options import Options
from cf525.jobs.diagnose import diagnose
from cf525.model import Report
from tests.servers.real import HOST, Files


def diagnosed(
    port: int,
    files: Files,
    *,
    host: str = HOST,
    mode: str = "strict",
    addresses: Sequence[str] = ("127.0.0.1",),
) -> Report:
    """The report of a diagnosis of ``host`` at these addresses, trusting the test's CA."""
    options = Options(
        origins=tuple((address, port) for address in addresses),
        mode=mode,
        trust_files=(files.trust,),
        edge=False,
        fetch=False,
    )
    return asyncio.run(diagnose(host, options))


def outcome(report: Report) -> tuple[str, str | None]:
    return report.edge_status, report.headline
