"""Small helpers for side-by-side measurements."""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bounds import BOUNDS


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result: what was measured, the value, and the most it may be."""

    name: str
    value: float
    most: float
    unit: str
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.value <= self.most

    def __str__(self) -> str:
        mark = "ok  " if self.holds else "OVER"
        value = f"{self.value:.2f} {self.unit} (at most {self.most:g})"
        return f"{mark} {self.name}: {value} {self.detail}".rstrip()


def figure(name: str, value: float, detail: str = "") -> Figure:
    """A figure of the table, with its bound and unit from there."""
    most, unit = BOUNDS[name]
    return Figure(name=name, value=float(value), most=most, unit=unit, detail=detail)


def process_seconds(arguments: Sequence[str]) -> Callable[[], float]:
    """A function that times one run of a process, in wall seconds."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return time.perf_counter() - began

    return once


def side_by_side(
    ours: Callable[[], float], theirs: Callable[[], float], *, rounds: int
) -> tuple[float, float]:
    """The medians of both, measured in turns so that a busy machine hits both alike."""
    ours(), theirs()  # bytecode and caches
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
    )


def cpu_seconds() -> float:
    """CPU of this process, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_megabytes() -> float:
    """Peak resident memory of this process since it was started.

    Linux keeps ``ru_maxrss`` over fork and exec, so a child would show its parent's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if "VmHWM" in each)
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
