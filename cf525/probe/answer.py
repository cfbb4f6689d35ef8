"""The one request behind a finished handshake, and the head of what comes back.

Reads as much of an answer as a diagnosis needs: status, headers, the first bytes of the body.
It is deliberately lenient where a client library would refuse: a server with an odd header has
still answered. HTTP/2 is left to the ``h2`` library.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cf525
from cf525.model import HttpAnswer

HEAD_LIMIT = 32_768
BODY_LIMIT = 2_048
WHOLE_LIMIT = 16_384
MAX_HEADERS = 100
USER_AGENT = f"cf525/{cf525.__version__} (TLS diagnosis)"

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")


def edge_headers(visitor_scheme: str) -> tuple[tuple[str, str], ...]:
    """The headers by which the edge tells an origin how the visitor came.

    Origins decide redirects on them, so a probe without them would see another answer
    (developers.cloudflare.com/fundamentals/reference/http-headers).
    """
    return (
        ("user-agent", USER_AGENT),
        ("accept", "*/*"),
        ("x-forwarded-proto", visitor_scheme),
        ("cf-visitor", f'{{"scheme":"{visitor_scheme}"}}'),
    )


def request_head(
    host: str,
    path: str,
    visitor_scheme: str,
    headers: Sequence[tuple[str, str]] | None = None,
) -> bytes:
    """A GET without cookies, credentials or anything of the user's."""
    own = edge_headers(visitor_scheme) if headers is None else headers
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in own]
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii", "replace")


class Http1Answer:
    """Collects an HTTP/1.x answer until its head is complete, or its ``whole`` body, bounded."""

    def __init__(self, *, whole: bool = False) -> None:
        self._data = b""
        self._whole = whole
        self._body_limit = WHOLE_LIMIT if whole else BODY_LIMIT

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the answer; returns what is to be sent in return (nothing)."""
        self._data += data[: HEAD_LIMIT + self._body_limit - len(self._data)]
        return b""

    @property
    def complete(self) -> bool:
        if self._data and not b"HTTP/1.".startswith(self._data[:7]):
            return True
        end = self._head_end()
        if end < 0:
            return len(self._data) >= HEAD_LIMIT
        return not self._whole or self._body_complete(end)

    def _body_complete(self, end: int) -> bool:
        body = self._data[end:].removeprefix(b"\r\n\r\n").removeprefix(b"\n\n")
        answer = self.answer()
        if len(body) >= self._body_limit or answer.status in (204, 304):
            return True
        length = answer.header("content-length") or ""
        if re.fullmatch("[0-9]{1,9}", length):
            return len(body) >= int(length)
        return "chunked" in (answer.header("transfer-encoding") or "") and body.endswith(
            b"0\r\n\r\n"
        )

    @property
    def started(self) -> bool:
        return bool(self._data)

    def answer(self) -> HttpAnswer:
        match = _STATUS_LINE.match(self._data)
        if match is None:
            return HttpAnswer(status=None, body_head=self._data[:BODY_LIMIT])
        end = self._head_end()
        head = self._data[match.end() : end if end >= 0 else None]
        body = self._data[end:].lstrip(b"\r\n") if end >= 0 else b""
        return HttpAnswer(
            status=int(match[1]),
            reason=(match[2] or b"").decode("latin-1").strip(),
            headers=tuple(_headers(head)),
            body_head=body[: self._body_limit],
        )

    def _head_end(self) -> int:
        found = [at for at in (self._data.find(b"\r\n\r\n"), self._data.find(b"\n\n")) if at >= 0]
        return min(found, default=-1)


def _headers(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.splitlines()[:MAX_HEADERS]:
        name, colon, value = line.partition(b":")
        if colon:
            yield name.decode("latin-1").strip().lower(), value.decode("latin-1").strip()


@dataclass
class Http2Answer:
    """One GET over HTTP/2, through the ``h2`` state machine (imported when h2 was chosen)."""

    host: str
    path: str
    visitor_scheme: str
    settings_seen: bool = False
    failed: bool = False
    _status: int | None = None
    _headers: tuple[tuple[str, str], ...] = ()
    _body: bytes = b""
    _ended: bool = False
    _pending: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection

        config = H2Configuration(
            client_side=True,
            header_encoding="latin-1",
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
        )
        self._connection = H2Connection(config)

    def opening(self) -> bytes:
        """The client preface, SETTINGS and the request."""
        self._connection.initiate_connection()
        self._connection.send_headers(
            1,
            [
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", self.host),
                (":path", self.path),
                *edge_headers(self.visitor_scheme),
            ],
            end_stream=True,
        )
        return self._connection.data_to_send()

    def feed(self, data: bytes) -> bytes:
        from h2 import events
        from h2.exceptions import H2Error
        from hpack import HPACKError

        try:
            received = self._connection.receive_data(data)
        except (H2Error, HPACKError):
            self.failed = True
            return b""
        for event in received:
            match event:
                case events.RemoteSettingsChanged():
                    self.settings_seen = True
                case events.ResponseReceived(headers=headers):
                    self._take_headers(headers)
                case events.DataReceived(data=body):
                    self._body += body[: BODY_LIMIT - len(self._body)]
                case events.StreamEnded() | events.StreamReset() | events.ConnectionTerminated():
                    self._ended = True
                case _:
                    pass
        return self._connection.data_to_send()

    def _take_headers(self, headers: object) -> None:
        pairs = tuple((str(name), str(value)) for name, value in list(headers)[:MAX_HEADERS])  # type: ignore[call-overload]
        status = dict(pairs).get(":status", "")
        self._status = int(status) if re.fullmatch("[1-9][0-9]{2}", status) else None
        self._headers = tuple(pair for pair in pairs if not pair[0].startswith(":"))

    @property
    def complete(self) -> bool:
        return self.failed or self._ended or self._status is not None

    @property
    def started(self) -> bool:
        return self.settings_seen or self._status is not None

    def answer(self) -> HttpAnswer | None:
        """The answer, or None when the connection spoke HTTP/2 but gave none."""
        if self._status is None:
            return None
        return HttpAnswer(status=self._status, headers=self._headers, body_head=self._body)
