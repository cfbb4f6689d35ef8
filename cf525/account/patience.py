"""How long a run waits for the API in all, however many questions it has.

It counts by the clock of the running loop and waits for nothing itself.
"""

import asyncio


class Patience:
    """How long all questions may take together, in seconds, until it is counted anew: a change is
    looked at after its write as long as before it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until: float | None = None

    def left(self) -> float:
        """Seconds, from the first question on."""
        now = asyncio.get_running_loop().time()
        if self._until is None:
            self._until = now + self.seconds
        return max(0.0, self._until - now)

    def paused(self, seconds: float) -> None:
        """So long nothing was asked, which is not the API's doing."""
        if self._until is not None:
            self._until += seconds

    def anew(self) -> None:
        """Count from the next question again."""
        self._until = None
