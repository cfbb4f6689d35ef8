"""How servers take the PEM text of a certificate file: what is damaged, at which line, for whom.

``bundles`` finds every certificate that may be meant; a server is stricter, and keeps its old
certificate when it refuses the new file. The rules here are those of OpenSSL's PEM reader (nginx,
Apache, Node), of HAProxy, which takes the leaf and drops a broken rest, and of Go's
``encoding/pem``; each was measured on these programs (OpenSSL 3.0, HAProxy 2.6, Go 1.19, Node 20).
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.pki.bundles import UNSEEN
from cf525.pki.certificate import Malformed, parse
from cf525.pki.pem_readers import (
    BOM,
    Held,
    Reading,
    Stop,
    Why,
    certificate_in,
    decoded,
    first_unseen,
    go,
    openssl,
)
from cf525.values import dataclass

OPENSSL: Final = ("nginx", "Apache", "Node")
HAPROXY: Final = "HAProxy"
GO: Final = "Go"
ALL: Final = (*OPENSSL, HAPROXY, GO)

_MARKER: Final = lazy_pattern(rb"\b(BEGIN|END) ((?:[A-Z0-9]+ )*CERTIFICATE)\b(?! REQUEST)")
_BASE64: Final = lazy_pattern(rb"[A-Za-z0-9+/=\s]*")
_DASHES: Final = lazy_pattern("[\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]")
_NO_BASE64: Final = lazy_pattern(rb"[^A-Za-z0-9+/=]+")
_MOST: Final = 20
_MOST_MEANT: Final = 256
_MOST_LINES: Final = 100_000
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that is not as servers read it. ``line`` counts from 1, ``block`` is the number
    of the certificate it is in; ``refused_by`` are the servers that do not load the file,
    ``unread_by`` those that load it without this certificate."""

    line: int
    block: int
    text: str
    refused_by: tuple[str, ...] = ()
    unread_by: tuple[str, ...] = ()

    @property
    def fatal(self) -> bool:
        """Whether the servers that most people run do not load the file."""
        return set(OPENSSL) <= set(self.refused_by)

    @property
    def unread(self) -> bool:
        """Whether the servers that most people run pass over the certificate."""
        return set(OPENSSL) <= set(self.unread_by)


def written_wrongly(content: bytes) -> str:
    """What was done to a PEM text as a whole that no reader undoes; empty if nothing was."""
    if b"-----BEGIN" in content and b"\\n" in content and content.count(b"\n") < 3:
        return (
            "holds the two characters \\n in place of line ends: a variable was written without "
            "being expanded. Write it with: printf '%b' \"$VARIABLE\" > FILE"
        )
    try:
        inner = b64decode(b"".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    if b"-----BEGIN" not in inner[:4096]:
        return ""
    return (
        "is a PEM text encoded once more in base64, as the value of a Kubernetes secret is. Decode "
        "it with: base64 -d FILE > chain.pem"
    )


@dataclass(frozen=True, slots=True)
class PemText:
    """A PEM text: what servers mind in it, in the order of its lines; the certificates that
    OpenSSL's reader takes; all that are meant as such."""

    damages: tuple[Damage, ...] = ()
    held: tuple[Held, ...] = ()
    meant: tuple[Held, ...] = ()


def damages(content: bytes) -> tuple[Damage, ...]:
    """Everything in a PEM text that some server minds, in the order of its lines."""
    return read(content).damages


def read(content: bytes) -> PemText:
    """What servers find in a PEM text; nothing where it is none."""
    if content.startswith(_UTF16) and "BEGIN " in content[:8192].decode("utf-16", "replace"):
        text = "the file is UTF-16 text, as Windows saves it; servers read it as bytes of ASCII"
        return PemText((Damage(line=1, block=1, text=text, refused_by=ALL),))
    if b"BEGIN " not in content:
        return PemText()
    if b"\r" in content and b"\n" not in content:
        text = "its lines end in a carriage return alone, as old Macs wrote them"
        return PemText((Damage(line=1, block=1, text=text, refused_by=ALL),))
    if content.count(b"\n") > _MOST_LINES:
        return PemText()  # of no server: a hundred certificates have two thousand
    lines = _Text(content.split(b"\n"))
    if not lines.meant:
        return PemText()
    found = _Read(lines, openssl(content), go(content))
    told = tuple(islice(sorted(found.damages(), key=lambda each: each.line), _MOST))
    return PemText(told, found.ssl.held, tuple(each for each in lines.meant if each.content))


class _Text:
    """The lines of a text, and every certificate that may be meant, however it is written."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.lines = lines
        self.marks: list[tuple[int, bytes]] = []  # the line and the kind of every marker
        self.meant: list[Held] = []
        begun, body = 0, [b""]
        for number, line in enumerate(lines, 1):
            at = 0
            for mark in _MARKER.finditer(line) if b" CERTIFICATE" in line else ():
                self.marks.append((number, mark[1]))
                if begun and mark[1] == b"END":
                    self._add(begun, number, [*body, line[at : mark.start()]])
                    begun, body = 0, []
                elif mark[1] == b"BEGIN":
                    begun, body = number, []
                at = mark.end()
            if begun:
                body.append(line[at:])
        if begun:
            self.meant.append(Held(begun, len(lines), b""))

    def _add(self, first: int, last: int, body: Sequence[bytes]) -> None:
        if len(self.meant) < _MOST_MEANT:
            content = certificate_in(decoded(_NO_BASE64.sub(b"", b"".join(body))))
            self.meant.append(Held(first, last, content or b""))

    def line(self, number: int) -> bytes:
        """A line without what is not seen at its end."""
        return self.lines[number - 1].rstrip(UNSEEN)

    def label(self, number: int) -> str:
        """The label in a line that begins a certificate."""
        mark = _MARKER.search(self.line(number))
        return mark[2].decode("ascii") if mark is not None else ""

    def block(self, first: int) -> int:
        """The number of the certificate that begins in a line."""
        before = [each for each in self.meant if each.first <= first]
        return max(1, len(before))


class _Read:
    """One text and what the two readers make of it."""

    def __init__(self, text: _Text, ssl: Reading, by_go: Reading) -> None:
        self.text = text
        self.ssl = ssl
        self.go = by_go
        stop = ssl.stop.begun if ssl.stop is not None else len(text.lines) + 1
        self.unread = [
            each
            for each in text.meant
            if each.content and each.first not in ssl.begun and each.first < stop
        ]
        self.lost = self._lost()

    def _lost(self) -> Held | None:
        """The server's own certificate, where it is passed over and an issuer is taken for it, or
        nothing at all."""
        first = next(iter(self.ssl.held), None)
        if first is None:
            meant = self.unread or self.text.meant
            return meant[0] if self.ssl.stop is None or self.unread else None
        before = [each for each in self.unread if each.first < first.first]
        if not before or not is_ca(first.content) or is_ca(before[0].content):
            return None
        return before[0]

    @property
    def go_refuses(self) -> bool:
        """Whether Go finds no certificate, or takes another one for the server's own."""
        own = self.lost or next(iter((*self.ssl.held, *self.text.meant)))
        first = next(iter(self.go.held), None)
        return first is None or (first.first != own.first and first.content != own.content)

    def damages(self) -> Iterator[Damage]:
        if self.ssl.stop is not None:
            yield self._stop(self.ssl.stop)
        if self.lost is not None:
            refused = ALL if self.go_refuses else (*OPENSSL, HAPROXY)
            yield self._at(self.lost.first, self._unread(self.lost), refused)
        for each in self.unread:
            if each is not self.lost:
                by = ALL if each.first not in self.go.begun else (*OPENSSL, HAPROXY)
                yield self._at(each.first, self._unread(each), (), by)
        if self.ssl.stop is None and self.lost is None:
            yield from self._of_go()

    def _of_go(self) -> Iterator[Damage]:
        """What Go alone minds."""
        if self.go_refuses:
            yield self._at(*self._unread_by_go(self.ssl.held[0]), (GO,))
            return
        for each in self.ssl.held[1:]:
            if each.first not in self.go.begun:
                yield self._at(*self._unread_by_go(each), (), (GO,))

    def _at(
        self, line: int, text: str, refused: tuple[str, ...], unread: tuple[str, ...] = ()
    ) -> Damage:
        block = self.text.block(line)
        return Damage(line=line, block=block, text=text, refused_by=refused, unread_by=unread)

    def _unread(self, held: Held) -> str:
        label = self.text.label(held.first)
        if self.text.line(held.first) == b"-----BEGIN " + label.encode() + b"-----":
            return f"the block is labelled {label}, which no server reads behind the first one"
        return _why(self.text.line(held.first), "begins")

    def _unread_by_go(self, held: Held) -> tuple[int, str]:
        line, label = self.text.line(held.first), self.text.label(held.first)
        if line.startswith(BOM):
            if held.first == 1:
                return 1, "the file begins with a byte-order mark"
            return held.first, "a byte-order mark stands before it"
        if label != "CERTIFICATE":
            return held.first, f"the block is labelled {label}"
        number = first_unseen(self.text.lines[held.first - 1 : held.last], held.first)
        if number:
            return number, "characters that are not seen stand at the end of the line"
        return held.first, "the block is written as Go does not read it"

    def _stop(self, stop: Stop) -> Damage:
        first = not self.ssl.held
        line, text = self._stopped(stop)
        # HAProxy reads the key from the same file, and does not find it behind an open block.
        haproxy = first or stop.why in (Why.OPEN, Why.FORM)
        refused = (*OPENSSL, *((HAPROXY,) if haproxy else ()))
        damage = self._at(line, text, (*refused, GO) if first and self.go_refuses else refused)
        return replace(damage, block=1) if first else damage

    def _stopped(self, stop: Stop) -> tuple[int, str]:
        """Which line it is, and what is wrong with it."""
        if stop.begun not in {number for number, _ in self.text.marks}:
            return stop.begun, "a block that is no certificate is damaged"
        inside = [each for each in self.text.marks if stop.begun < each[0]]
        line, kind = next(iter(inside), (0, b""))
        if kind == b"BEGIN":
            return line, "a certificate begins here before the one above it has ended"
        if stop.why in (Why.END, Why.OPEN):
            if not line:
                return stop.begun, "a certificate begins here and does not end: it is truncated"
            text = _why(self.text.line(line), "ends")
            if b"BEGIN " in self.text.line(line):
                text = "the end of one certificate and the beginning of the next stand on one line"
            return line, text
        if stop.why is Why.BASE64:
            for number in range(stop.begun + 1, line or stop.begun + 1):
                if not _BASE64.fullmatch(self.text.line(number)):
                    return number, "the base64 holds characters that are none of it"
            return stop.begun, "the base64 is damaged: characters are missing or too many"
        return stop.line, self._of_blank(stop)

    def _of_blank(self, stop: Stop) -> str:
        line = self.text.line(stop.line)
        following = self.text.line(min(stop.line + 1, len(self.text.lines)))
        if stop.why is Why.FORM:
            return "what is encoded here is no certificate"
        if stop.why is Why.EMPTY:
            return "there is nothing between the two lines of the certificate"
        if b":" in line:
            return "a header stands before the base64"
        if line:
            return "behind a blank line the base64 is not in lines of 64 characters"
        if following.startswith(b"-----END"):
            return "a blank line stands before the end of the certificate"
        return "a blank line stands inside the base64"


def is_ca(content: bytes) -> bool:
    """Whether it is an issuer's certificate and no server's own."""
    try:
        return parse(content).extensions.ca
    except Malformed:
        return False


def _why(line: bytes, what: str) -> str:
    """In which way a marker is not one."""
    text = line.decode("utf-8", "replace")
    before = re.split(r"[-\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]", text, maxsplit=1)[0]
    if before and not before.isascii() and not any(map(str.isalnum, before)):
        reason = "characters that are not seen stand before its dashes"
    elif before and before.isspace():
        reason = "the line is indented"
    elif before.strip()[:1] in ("'", '"'):
        reason = "the line begins with a quotation mark"
    elif _DASHES.search(text):
        reason = "its dashes are typographic ones, as an editor makes them"
    elif before:
        reason = "other text stands before its dashes"
    elif not text.startswith("-----") or "------" in text.partition("CERT")[0]:
        reason = "it has not exactly five dashes"
    elif not text.endswith("-----") and re.search(r"-----[A-Za-z0-9+/]", text):
        reason = "data follow on the same line"
    else:
        reason = "it has not exactly five dashes, or more stands on the line"
    return f"the certificate {what} with a line that no server reads: {reason}"
