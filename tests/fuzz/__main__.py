"""``python -m tests.fuzz [KIND...] --count N --seed S``: what escapes or hangs, and the costs."""

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from random import Random
from types import FrameType

from tests.fuzz.kinds import KINDS

HANG_SECONDS = 20.0
"""Of processor time, for one case."""


class Hang(BaseException):
    """A case that does not end; no handler of the code under attack may take it."""


def _hangs(_: int, __: FrameType | None) -> None:
    raise Hang


def run(kind: str, count: int, seed: int, seconds: float) -> int:
    """Attack so often; returns how many cases escaped or hung."""
    attack = KINDS[kind]
    outcomes: Counter[str] = Counter()
    worst, worst_at, bad = 0.0, 0, 0
    signal.signal(signal.SIGVTALRM, _hangs)
    end = time.monotonic() + seconds
    for number in range(count):
        if time.monotonic() > end:
            count = number
            break
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG_SECONDS)
        began = time.process_time()
        try:
            outcomes[attack(Random(f"{kind}/{seed}/{number}"))] += 1
        except (Exception, Hang):
            bad += 1
            print(f"{kind}: case {number} of seed {seed} escaped", file=sys.stderr)
            traceback.print_exc(limit=-6)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        spent = time.process_time() - began
        if spent > worst:
            worst, worst_at = spent, number
    told = ", ".join(f"{name} {number}" for name, number in outcomes.most_common(8))
    print(f"{kind}: {count} cases, {bad} escaped or hung; {told}; "
          f"the worst {1e3 * worst:.0f} ms of processor time (case {worst_at})", flush=True)  # fmt: skip
    return bad


def main() -> int:
    """Carry out what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3_600.0, help="for each kind at most")
    options = parser.parse_args()
    kinds = options.kinds or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    return (
        1 if sum(run(kind, options.count, options.seed, options.seconds) for kind in kinds) else 0
    )


if __name__ == "__main__":
    sys.exit(main())
