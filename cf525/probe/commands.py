"""What a probe's script asks of its driver, and what the driver tells it back.

The script yields commands and is resumed with an event for those that wait (``Open``,
``Wait``); it is resumed with None for the others. It never touches a socket or a clock.
All times are milliseconds since the probe began.
"""

from typing import TypeAlias

from cf525.model import Ending
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class Open:
    """Connect; answered by ``Opened`` or ``Failed``."""

    host: str
    port: int
    deadline: float


@dataclass(frozen=True, slots=True)
class Send:
    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for bytes, a close, or the deadline; answered by the first that comes."""

    deadline: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so many milliseconds; what arrives meanwhile is kept for the next Wait."""

    duration: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection; nothing is waited for."""


@dataclass(frozen=True, slots=True)
class Opened:
    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The connection could not be opened. ``detail`` is the errno's name."""

    ending: Ending
    detail: str
    at: float


@dataclass(frozen=True, slots=True)
class Received:
    data: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer closed: ``Ending.EOF`` or ``Ending.RESET``."""

    how: Ending
    at: float


@dataclass(frozen=True, slots=True)
class Expired:
    """The deadline of the ``Wait`` or ``Pause`` came first."""

    at: float


Command: TypeAlias = Open | Send | Wait | Pause | Close
Event: TypeAlias = Opened | Failed | Received | Closed | Expired
