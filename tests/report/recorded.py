"""First screens as they were looked at by eye, to be compared with what is printed today.

A screen that changes on purpose is recorded anew with ``RECORD_SCREENS=1`` and looked at
again. What differs from run to run (dates, ports, numbers, fingerprints) is left out.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from cf525.causes.case import Case
from cf525.conclusion import Seen, conclude
from cf525.model import Report
from cf525.report.screen import HEALTHY_ROWS, ROWS, render, rows
from tests.causes.test_given_facts import NOW

FOLDER = Path(__file__).parent / "screens"
_VARYING = (
    (r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?( UTC)?)?", "DATE"),
    (r"127\.0\.0\.1(:| port )\d+", r"127.0.0.1\1PORT"),
    (r"(?<!on-)\b443\b|\b\d{5}\b", "PORT"),
    (r"\b[0-9a-f]{12,}…?", "HEX"),
    (r"\b\d+(\.\d+)? (ms|s|bytes)\b", r"N \2"),
    (r"/[\w./-]*pytest[\w./-]*", "PATH"),
)


def report_of(cases: Sequence[Case]) -> Report:
    """What is concluded from these cases, the same for every run."""
    seen = [each for case in cases for each in (case.edge, *case.probes) if each is not None]
    return conclude(
        Seen(
            tool_version="0",
            started_at=NOW,
            context=cases[0].context,
            cases=tuple(cases),
            observations=tuple(seen),
        )
    )


def screen_of(cases: Sequence[Case]) -> str:
    """The first screen on these cases, made the same for every run."""
    report = report_of(cases)
    lines = render(report)
    assert rows(lines) <= (HEALTHY_ROWS if report.edge_status.works else ROWS)
    text = "\n".join(f"{each.label}{each.text}".rstrip() for each in lines)
    for pattern, instead in _VARYING:
        text = re.sub(pattern, instead, text)
    return text + "\n"


def assert_recorded(name: str, cases: Sequence[Case]) -> None:
    """The screen is the one that was looked at, apart from where its lines break."""
    shown = screen_of(cases)
    file = FOLDER / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.txt"
    if "RECORD_SCREENS" in os.environ:
        file.write_text(shown, "utf-8")
    assert shown.split() == file.read_text("utf-8").split()
