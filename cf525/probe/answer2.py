"""One GET over HTTP/2, and how the server took it: an answer, or the frame that refused it.

The ``h2`` library (imported when h2 was chosen) reads the frames but one: it takes every GOAWAY
for the end, and a server that says GOAWAY(NO_ERROR) still answers what it has taken up
(RFC 9113 section 6.8).
"""

import re
from collections.abc import Iterable

from cf525.edge.answer import HEAD_LIMIT
from cf525.model import Http2End, HttpAnswer
from cf525.probe.answer import BODY_LIMIT, MAX_HEADERS, PAGED, edge_headers, one_word

_GOAWAY = 7
_FRAME_HEAD = 9
_MAX_FRAME = 16_384
_STREAM = 1
_MAX_HEADER_LIST = 2 * HEAD_LIMIT


class Http2Answer:
    """Asks, and collects the answer until its head is complete or none can come."""

    def __init__(self, host: str, path: str, visitor_scheme: str) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.settings import SettingCodes, Settings

        self._host, self._path, self._visitor_scheme = host, path, visitor_scheme
        self.settings_seen = False
        self.end: Http2End | None = None
        self._failed = False
        self._closed = False
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._head_size = 0
        self._first = b""
        self._body = b""
        self._frames = b""
        config = H2Configuration(
            client_side=True,
            header_encoding="latin-1",
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
        )
        self._connection = H2Connection(config)
        # Headers past the edge's limit must be seen to be told, and h2's own limit is below it.
        self._connection.local_settings = Settings(
            client=True, initial_values={SettingCodes.MAX_HEADER_LIST_SIZE: _MAX_HEADER_LIST}
        )
        self._connection.decoder.max_header_list_size = _MAX_HEADER_LIST

    def opening(self) -> bytes:
        """The client preface, SETTINGS and the request."""
        self._connection.initiate_connection()
        self._connection.send_headers(
            _STREAM,
            [
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", one_word(self._host)),
                (":path", one_word(self._path)),
                *edge_headers(self._visitor_scheme),
            ],
            end_stream=True,
        )
        return self._connection.data_to_send()

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the answer; returns what is to be sent in return."""
        from h2.exceptions import DenialOfServiceError, H2Error
        from hpack import HPACKError

        self._first += data[: BODY_LIMIT - len(self._first)]
        try:
            for event in self._connection.receive_data(self._without_goaway(data)):
                self._take(event)
        except DenialOfServiceError:
            self._failed, self._head_size = True, _MAX_HEADER_LIST
        except (H2Error, HPACKError):
            self._failed = True
        return b"" if self._failed else self._connection.data_to_send()

    def _without_goaway(self, data: bytes) -> bytes:
        """The whole frames that have come but GOAWAY, which is kept here."""
        self._frames += data
        passed = b""
        while len(self._frames) >= _FRAME_HEAD:
            size = _FRAME_HEAD + int.from_bytes(self._frames[:3])
            if size > _FRAME_HEAD + _MAX_FRAME:
                # Longer than was allowed: no HTTP/2, and h2 would wait for the end of it.
                self._failed = True
            if self._failed or len(self._frames) < size:
                break
            frame, self._frames = self._frames[:size], self._frames[size:]
            if frame[3] == _GOAWAY:
                self._take_goaway(frame[_FRAME_HEAD:])
            else:
                passed += frame
        return passed

    def _take_goaway(self, payload: bytes) -> None:
        last, code = int.from_bytes(payload[:4]) & 0x7FFFFFFF, int.from_bytes(payload[4:8])
        if code or last < _STREAM:
            self.end = self.end or Http2End(frame="GOAWAY", code=code)

    def _take(self, event: object) -> None:
        from h2 import events

        match event:
            case events.RemoteSettingsChanged():
                self.settings_seen = True
            case events.ResponseReceived(headers=headers):
                self._take_headers([(str(name), str(value)) for name, value in headers or ()])
            case events.DataReceived(data=body):
                self._body += (body or b"")[: BODY_LIMIT - len(self._body)]
            case events.StreamReset(error_code=code):
                self._closed = True
                self.end = self.end or Http2End(frame="RST_STREAM", code=int(code or 0))
            case events.StreamEnded():
                self._closed = True
            case _:
                pass

    def _take_headers(self, pairs: Iterable[tuple[str, str]]) -> None:
        known = tuple(pairs)
        status = dict(known).get(":status", "")
        self._status = int(status) if re.fullmatch("[1-9][0-9]{2}", status) else None
        self._failed = self._failed or self._status is None
        self._head_size = sum(len(name) + len(value) + len(": \r\n") for name, value in known)
        self._headers = tuple(pair for pair in known[:MAX_HEADERS] if not pair[0].startswith(":"))

    @property
    def complete(self) -> bool:
        return self._failed or self._status is not None or self.end is not None

    @property
    def page_pending(self) -> bool:
        """Whether the answer is an error whose page says why, and more of it may come."""
        over = self._failed or self._closed or self.end is not None
        return self._status == PAGED and not over and len(self._body) < BODY_LIMIT

    @property
    def started(self) -> bool:
        return bool(self._first)

    def answer(self) -> HttpAnswer | None:
        """The answer, or None when the connection spoke HTTP/2 but gave none."""
        if self._status is not None:
            return HttpAnswer(
                status=self._status,
                headers=self._headers,
                body_head=self._body,
                head_size=self._head_size,
            )
        if self._failed or (self._first and not self.settings_seen and self.end is None):
            return HttpAnswer(
                status=None,
                body_head=self._first,
                head_size=self._head_size,
                head_complete=self._failed,
            )
        return None
