"""Hold as many random configurations as asked for against the wire, and print what differs.

``python -m tests.lint --count 500 --seed 0``
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lint import drawn
from tests.lint.trees import (
    MODES,
    Command,
    Tree,
    apache_command,
    foretold,
    haproxy_command,
    laid_out,
    new_port,
    nginx_command,
    wire,
)

KINDS = {
    "nginx": (drawn.nginx, "nginx.conf", nginx_command),
    "apache": (drawn.apache, "apache2.conf", apache_command),
    "haproxy": (drawn.haproxy, "haproxy.cfg", haproxy_command),
}


def compared(tree: Tree, main: str, command: Command) -> dict[str, tuple[str, str, str]]:
    """In each mode what was foretold, what was met, and how sure it was said to be."""
    with TemporaryDirectory() as name:
        folder, port = Path(name), new_port()
        laid_out(tree, folder, port)
        met = wire(command(folder), folder, port, tree.address)
        found = {}
        for mode in MODES:
            report = foretold(tree, folder / main, port, mode)
            found[mode] = (str(report.edge_status), met[mode], str(report.confidence))
        return found


def main() -> int:
    """The exit status is 1 where any differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.lint")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    results: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    for number in range(options.count):
        kind = list(KINDS)[number % len(KINDS)]
        draw, file, command = KINDS[kind]
        tree = draw(options.seed + number)
        for mode, (said, met, sure) in compared(tree, file, command).items():
            statuses[met] += 1
            results["agree" if said == met else f"differ ({sure})"] += 1
            if said != met:
                print(f"{tree} {mode}: foretold {said} ({sure}), met {met}", flush=True)
    print(f"{options.count} configurations, {sum(results.values())} comparisons: {dict(results)}")
    print("met:", dict(statuses))
    return int(any(each != "agree" for each in results))


if __name__ == "__main__":
    sys.exit(main())
