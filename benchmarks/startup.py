"""Start-up: the command line against the import of its two libraries."""

import sys
from collections.abc import Iterator

from benchmarks.measure import Figure, figure, process_seconds, side_by_side


def figures() -> Iterator[Figure]:
    floor = process_seconds([sys.executable, "-c", "import typer, rich"])
    for argument in ("--help", "--version"):
        ours = process_seconds([sys.executable, "-m", "cf525.cli", argument])
        mine, bare = side_by_side(ours, floor, rounds=15)
        yield figure(
            f"cf525 {argument} against the import of typer and rich",
            mine / bare,
            f"{mine * 1000:.0f} ms / {bare * 1000:.0f} ms",
        )
