"""Why the engine stops: the peer broke a rule, a limit was met, or the rest is not ours to do.

These never leave the package; the client turns each into an ``Ending`` and a stable code.
"""

from typing import ClassVar

from cf525.model import Ending

UNEXPECTED_MESSAGE = 10
BAD_RECORD_MAC = 20
RECORD_OVERFLOW = 22
HANDSHAKE_FAILURE = 40
ILLEGAL_PARAMETER = 47
DECODE_ERROR = 50
DECRYPT_ERROR = 51
PROTOCOL_VERSION = 70
INTERNAL_ERROR = 80
UNSUPPORTED_EXTENSION = 110


class Stop(Exception):
    """The handshake cannot go on. ``alert`` is what the server is told, None for close_notify."""

    ending: ClassVar[Ending] = Ending.INTERNAL_ERROR

    def __init__(self, code: str, alert: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.alert = alert


class PeerError(Stop):
    """The server broke the protocol in a way that leaves nothing to go on with."""

    ending = Ending.PROTOCOL_ERROR

    def __init__(self, code: str, alert: int = ILLEGAL_PARAMETER) -> None:
        super().__init__(code, alert)


class LimitExceeded(Stop):
    """The server sent more than any honest server has reason to."""

    ending = Ending.LIMIT

    def __init__(self, code: str, alert: int = INTERNAL_ERROR) -> None:
        super().__init__(code, alert)


class CannotComplete(Stop):
    """Negotiated, but finishing it would need what this engine does not do."""

    ending = Ending.NOT_COMPLETED
