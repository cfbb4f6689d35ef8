"""How fast the API may be asked: a token bucket that also believes the server's own counters.

Pure arithmetic over a clock that the caller brings; nothing here sleeps. Cloudflare allows
1,200 requests in five minutes a user, dashboard included, and blocks everything for five more
when that is exceeded, so the bucket stays under it.

Source: developers.cloudflare.com/fundamentals/api/reference/limits.
"""

from dataclasses import dataclass
from typing import Final

from cf525.patterns import lazy_pattern

RATE: Final = 3.5  # requests a second
BURST: Final = 200
RESERVE: Final = 5  # left to the user's own dashboard

_RATELIMIT = lazy_pattern(r'"[^"]{0,64}"\s*;\s*r=(\d{1,9})\s*;\s*t=(\d{1,6})')
_SECONDS = lazy_pattern(r"\d{1,9}(\.\d{1,6})?\Z")


@dataclass(slots=True)
class Budget:
    """Permission to send, one request at a time. ``tokens`` may go below zero: that is a debt
    which later callers wait for, so the order of callers is kept."""

    tokens: float = BURST
    filled_at: float = 0.0
    closed_until: float = 0.0
    rate: float = RATE

    def take(self, now: float) -> float:
        """Account for one request; seconds to wait before sending it."""
        self.tokens = min(BURST, self.tokens + max(0.0, now - self.filled_at) * self.rate)
        self.filled_at = now
        self.tokens -= 1
        wait = max(0.0, -self.tokens / self.rate)
        return max(wait, self.closed_until - now)

    def learn(self, now: float, ratelimit: str | None) -> None:
        """Take in a ``Ratelimit`` header: requests left and seconds until the window ends."""
        match = _RATELIMIT.search(ratelimit or "")
        if match is None:
            return
        remaining, reset = int(match.group(1)), int(match.group(2))
        if remaining <= RESERVE:
            self.closed_until = max(self.closed_until, now + reset)
        else:
            self.tokens = min(self.tokens, float(remaining - RESERVE))

    def close(self, now: float, seconds: float) -> None:
        """The server said not to come back for ``seconds``."""
        self.closed_until = max(self.closed_until, now + seconds)


def retry_after(value: str | None) -> float | None:
    """Seconds of a ``Retry-After`` header; None when absent or in another form."""
    if value is None or not _SECONDS.match(value.strip()):
        return None
    return float(value)
