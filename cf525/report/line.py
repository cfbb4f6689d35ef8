"""One line of output, and its plain form for terminals that show letters only."""

from typing import Final

from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_ORDER: Final = lazy_pattern(r"\s*(?:::|##\[)(?=[A-Za-z])(?=.*(?:::|\]))")
"""What a runner of GitHub's takes for an order to it, at the beginning of a line (indented or not):
a name from a certificate may be wrapped to stand there."""

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


def one_line(text: str) -> str:
    """The text as a line of its own: whatever is in it, it neither begins another one nor gives
    orders to what runs the job."""
    text = text.replace("\n", "<U+000A>").replace("\r", "<U+000D>")
    order = _ORDER.match(text)
    if order is None:
        return text
    at = order.end() - (2 if order[0].endswith("::") else 3)
    return f"{text[:at]}<U+{ord(text[at]):04X}>{text[at + 1 :]}"


def counted(count: int, thing: str) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def to_ascii(text: str) -> str:
    """The same line for a terminal that cannot show box drawing."""
    return text.translate(_ASCII)
