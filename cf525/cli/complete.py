"""What the shell offers while a command is typed: modes, servers, topics, the demo's hosts.

Nothing is asked over a network; what a completion needs is imported when it is asked for.
"""

import os
from collections.abc import Iterable


def modes(incomplete: str) -> list[str]:
    """The SSL modes, as the API spells them."""
    from cf525.edge.modes import NAMES

    return _of(incomplete, NAMES)


def servers(incomplete: str) -> list[str]:
    """The software and platforms that the runbook has remedies for."""
    from cf525.causes.signs.table import known_platforms

    return _of(incomplete, known_platforms())


def linted(incomplete: str) -> list[str]:
    """The servers whose configuration is read."""
    from cf525.servers.registry import KINDS

    return _of(incomplete, KINDS)


def topics(incomplete: str) -> list[str]:
    """What ``explain`` has a page on: causes and statuses."""
    from cf525.causes.page import page_ids
    from cf525.edge.codes import EXPLAINED

    return _of(incomplete, (*EXPLAINED, *page_ids()))


def hosts(incomplete: str) -> list[str]:
    """The hosts of the demo, where its environment is set; else none is known here."""
    if not os.environ.get("CLOUDFLARE_BASE_URL", "").startswith("http://127.0.0.1:"):
        return []
    from cf525.lab.scenarios import SCENARIOS

    return _of(incomplete, (each.host for each in SCENARIOS))


def _of(incomplete: str, words: Iterable[object]) -> list[str]:
    wanted = incomplete.lower()
    return sorted(text for each in words if (text := str(each)).lower().startswith(wanted))
