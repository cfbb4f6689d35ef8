"""The words of the trade, each with what it means for a 525 and a 526, and what it does not."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its paragraph and the command that shows it."""

    title: str
    text: str
    command: str


@cache
def words() -> Mapping[str, Word]:
    """Every word, and every other spelling of it, in lower case."""
    import tomllib

    file = resources.files("cf525.causes.signs") / "words.toml"
    found: dict[str, Word] = {}
    for name, row in tomllib.loads(file.read_text("utf-8")).items():
        word = Word(row["title"], row["text"], row["command"])
        for each in (name, *row.get("also", ())):
            found[each] = word
    return found
