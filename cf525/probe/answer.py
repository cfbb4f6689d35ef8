"""The one request behind a finished handshake, and the head of what comes back.

Reads as much of an answer as a diagnosis needs: status, headers, the first bytes of the body.
It is deliberately lenient where a client library would refuse: a server with an odd header has
still answered. HTTP/2 is in ``answer2``.
"""

import re
from collections.abc import Iterator, Sequence

from cf525.edge.answer import HEAD_LIMIT
from cf525.model import HttpAnswer
from cf525.patterns import lazy_pattern
from cf525.tls.plaintext import is_decided
from cf525.version import __version__

BODY_LIMIT = 2_048
PAGED = 400
"""The status whose page is read too: servers use it for all they cannot parse, and say in the
page alone what that was."""
WHOLE_LIMIT = 16_384
MAX_HEADERS = 100
USER_AGENT = f"cf525/{__version__} (TLS diagnosis)"

_NO_WORD = lazy_pattern(r"[\x00-\x20\x7f]")
_LINE_ENDS = lazy_pattern(r"[\r\n\x00]")
_BLANK_LINE = lazy_pattern(rb"\r?\n\r?\n")
_STATUS_LINE = lazy_pattern(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")


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


def one_word(text: str) -> str:
    """As much of a text as is one word of a request: a line end would begin another request."""
    return _NO_WORD.split(text, 1)[0]


def request_head(
    host: str,
    path: str,
    visitor_scheme: str,
    headers: Sequence[tuple[str, str]] | None = None,
) -> bytes:
    """A GET without cookies, credentials or anything of the user's; and one alone, whatever the
    account, a plan or DNS call the host."""
    own = edge_headers(visitor_scheme) if headers is None else headers
    lines = [f"GET {one_word(path)} HTTP/1.1", f"Host: {one_word(host)}"]
    lines += [_LINE_ENDS.split(f"{name}: {value}", 1)[0] for name, value in own]
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii", "replace")


class Http1Answer:
    """Collects an HTTP/1.x answer until its head is complete, or its ``whole`` body, bounded."""

    def __init__(self, *, whole: bool = False) -> None:
        self._data = bytearray()
        self._blank: tuple[int, int] | None = None
        self._whole = whole
        self._body_limit = WHOLE_LIMIT if whole else BODY_LIMIT

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the answer; returns what is to be sent in return (nothing)."""
        known = len(self._data)
        self._data += data[: HEAD_LIMIT + self._body_limit - known]
        if self._blank is None:
            self._find_end(known)
        return b""

    def _find_end(self, known: int) -> None:
        """Look for the end of the head behind ``known`` bytes; interim answers are passed over."""
        while (blank := _BLANK_LINE.search(self._data, max(0, known - 3))) is not None:
            start, end = blank.span()
            line = _STATUS_LINE.match(self._data)
            if line is None or line[1] == b"101" or not line[1].startswith(b"1"):
                self._blank = (start, end)
                return
            del self._data[:end]
            known = 0

    @property
    def complete(self) -> bool:
        if self._blank is not None:
            return not self._whole or self._body_complete()
        return not self._is_http() or len(self._data) > HEAD_LIMIT

    def _is_http(self) -> bool:
        """Whether what came so far is, or may become, an HTTP/1.x answer."""
        if b"HTTP/1.".startswith(self._data[:7]):
            return b"\n" not in self._data or _STATUS_LINE.match(self._data) is not None
        return not is_decided(bytes(self._data[:512]))

    @property
    def page_pending(self) -> bool:
        """Whether the answer is an error whose page says why, and more of it may come."""
        at_end = self._blank is None or self._whole
        return not at_end and self.answer().status == PAGED and not self._body_complete()

    def _body(self) -> bytes:
        return bytes(self._data[self._blank[1] :]) if self._blank is not None else b""

    def _body_complete(self) -> bool:
        body, answer = self._body(), self.answer()
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
        data = bytes(self._data)
        match = _STATUS_LINE.match(data)
        if match is None:
            decided = self._blank is not None or not self._is_http()
            return HttpAnswer(status=None, body_head=data[:BODY_LIMIT], head_complete=decided)
        end, size = self._blank or (len(data), len(data))
        return HttpAnswer(
            status=int(match[1]),
            reason=(match[2] or b"").decode("latin-1").strip(),
            headers=tuple(_headers(data[match.end() : end])),
            body_head=self._body()[: self._body_limit],
            head_size=size,
            head_complete=self._blank is not None,
        )


def _headers(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.splitlines()[:MAX_HEADERS]:
        name, colon, value = line.partition(b":")
        if colon:
            yield name.decode("latin-1").strip().lower(), value.decode("latin-1").strip()
