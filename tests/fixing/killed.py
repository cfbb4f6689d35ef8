"""``cf525 fix`` in a process that kills itself at the request of this number, before it is sent or,
for an odd one, once its answer is there. Its arguments are ``N`` and those of ``fix``."""

import os
import signal
import sys
from typing import Any, NoReturn

from cf525.account.writer import Answered, Writer
from cf525.cli.__main__ import _status


def main() -> NoReturn:
    """As the command line's own ``main``, in a fork that was started for it."""
    moment = int(sys.argv[1])
    inner = Writer._ask
    count = 0

    async def asked(self: Writer, method: str, path: str, body: Any) -> Answered:
        nonlocal count
        count += 1
        if count == moment and moment % 2 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await inner(self, method, path, body)
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(Writer, "_ask", asked)  # noqa: B010
    sys.exit(_status(["fix", *sys.argv[2:]]))
