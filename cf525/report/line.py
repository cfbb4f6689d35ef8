"""One line of output, and its plain form for terminals that show letters only."""

from cf525.values import dataclass

_ASCII = str.maketrans(
    {
        "─": "-",
        "▶": ">",
        "✗": "X",
        "✓": "v",
        "▲": "^",
        "—": "-",
        "→": ">",
        "…": "~",
        "·": "-",
        "│": "|",
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output; ``style`` is a rich style, ``label`` the bold word before it."""

    text: str
    style: str = ""
    label: str = ""


def counted(count: int, thing: str) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def to_ascii(text: str) -> str:
    """The same line for a terminal that cannot show box drawing."""
    return text.translate(_ASCII)
