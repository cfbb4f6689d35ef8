"""What to type first, by what is at hand: one table for the start page, the help and the manual.

README and the documentation's first page show the same rows; a test compares them.
"""

from typing import Final

FIRST: Final = {
    "only the name": "cf525 diagnose www.example.com",
    "the origin's address": "cf525 diagnose www.example.com --origin 203.0.113.7",
    "a log line, a page": 'cf525 explain "SSL_do_handshake() failed"',
    "the server's files": "cf525 lint --host www.example.com",
    "a new certificate": "cf525 verify fullchain.pem --host www.example.com",
    "a whole account": "cf525 audit",
    "none of these": "cf525 demo",
}
"""What one has, and what one types."""
ACCOUNT: Final = (
    "With a read-only token in CLOUDFLARE_API_TOKEN the mode and the origins are read from the "
    "account; cf525 doctor says what it can read."
)
_HEAD: Final = (
    "cf525 finds out why Cloudflare's edge cannot shake hands with your origin (525)\n"
    "or refuses its certificate (526), and says exactly what to change."
)


def page() -> str:
    """What is shown where nothing was asked."""
    from textwrap import fill

    width = max(map(len, FIRST)) + 2
    rows = "\n".join(f"  {have:<{width}}{command}" for have, command in FIRST.items())
    return f"{_HEAD}\n\nYou have:\n{rows}\n\n{fill(f'{ACCOUNT} All commands: cf525 --help', 80)}\n"
