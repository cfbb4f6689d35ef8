"""What ``explain`` answers about the names that it knows, made beforehand.

Loading the catalogue and the engine below it takes longer than to read one page of it. The file is
written by ``python -m cf525.cli.explained``; a test compares it with what the catalogue says.
"""

import json
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("explained.json")


def kept(text: str) -> str | None:
    """The answer about ``text``, where that is a name and nothing more was asked for."""
    found: dict[str, str] = json.loads(FILE.read_bytes())
    return found.get(" ".join(text.lower().split()))


def made() -> dict[str, str]:
    """The answers about every name, from the catalogue."""
    from cf525.causes.explain import ALIASES, explain
    from cf525.causes.glossary import words
    from cf525.causes.page import page_ids
    from cf525.edge.codes import EXPLAINED
    from cf525.model.registry import ALERTS

    alerts = (f"alert {number}" for number in ALERTS)
    names = (*page_ids(), *ALIASES, *EXPLAINED, *words(), *alerts, *ALERTS.values())
    return {name: explain(name) or "" for name in dict.fromkeys(names)}


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), indent=0, ensure_ascii=False) + "\n")
