"""One message to one address through Apprise, in a process of its own.

What answers an address is a stranger: Apprise reads all of an answer, so that memory and time are
bounded here, and whoever waits can end it at once. The address and the message come over standard
input, because a command line is seen by others.
"""

import json
import logging
import sys
from contextlib import suppress
from typing import Final

MOST_MEMORY: Final = 256 << 20
DELIVERED: Final = 0
NOT_DELIVERED: Final = 1


def _bounded(seconds: float) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 3))


def main() -> int:
    """Send what came in."""
    told = json.load(sys.stdin.buffer)
    _bounded(told["seconds"])
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would print the address
    one = apprise.Apprise()
    if not one.add(told["address"]):
        return NOT_DELIVERED
    sent = one.notify(
        title=told["title"], body=told["body"], notify_type=told["type"], body_format="text"
    )
    return DELIVERED if sent else NOT_DELIVERED


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MemoryError, KeyboardInterrupt):
        sys.exit(NOT_DELIVERED)
