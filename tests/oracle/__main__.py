"""Compare as many origins as asked for, and print what differs."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.oracle.comparison import Pair, compared
from tests.oracle.origins import Workshop


def main() -> int:
    """The exit status is 1 where a difference is left unexplained."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle")
    parser.add_argument("--count", type=int, default=200, help="origins to compare")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    workshop = Workshop()
    pairs: list[Pair] = []
    seed, origins = options.seed, 0
    with TemporaryDirectory() as folder:
        while origins < options.count:
            found = list(compared(workshop, Path(folder), seed))
            for pair in found:
                if not pair.agrees and not pair.known:
                    print(pair, flush=True)
            pairs += found
            origins += bool(found)
            seed += 1
    return _summary(origins, pairs)


def _summary(origins: int, pairs: list[Pair]) -> int:
    known = Counter(pair.known for pair in pairs if not pair.agrees and pair.known)
    left = [pair for pair in pairs if not pair.agrees and not pair.known]
    sure = [pair for pair in left if pair.status.confidence == "high"]
    agreeing = sum(pair.agrees for pair in pairs)
    print(f"{origins} origins, {len(pairs)} comparisons, {agreeing} agree")
    print("statuses:", dict(Counter(pair.answer.status for pair in pairs)))
    for name, count in known.items():
        print(f"known difference, {count}: {name}")
    print(f"unexplained: {len(left)}, of them with high confidence: {len(sure)}")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
