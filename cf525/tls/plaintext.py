"""Servers that do not speak TLS: their first bytes, and what protocol they look like.

Only the very first bytes of a connection are looked at. The decision waits for the end of the
first line while the bytes look like text, because a banner may arrive in pieces.
"""

from typing import Final

from cf525.model import Plaintext
from cf525.tls.wire import CONTENT_TYPES

HEAD_BYTES: Final = 512
_BINARY_DECIDES_AT: Final = 5
_TEXT: Final = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}
_GREETINGS: Final = (
    *((b"* OK", "imap"), (b"* PREAUTH", "imap"), (b"* BYE", "imap")),
    (b"+OK", "pop3"),
)
_HTML: Final = (b"<!doctype html", b"<html", b"<head")


def looks_like_tls(head: bytes) -> bool:
    """Whether these first bytes may be the header of a TLS record."""
    if not head:
        return True
    return head[0] in CONTENT_TYPES and head[1:2] in (b"", b"\x03")


def is_decided(head: bytes) -> bool:
    """Whether more bytes would not change what the answer looks like."""
    if len(head) >= HEAD_BYTES or b"\n" in head:
        return True
    return len(head) >= _BINARY_DECIDES_AT and not _TEXT.issuperset(head)


def plaintext(head: bytes) -> Plaintext:
    """What the first bytes are; ``other`` when they are nothing we know."""
    line = head[:HEAD_BYTES].splitlines()[0] if head.strip(b"\r\n") else b""
    kind = _kind(head, line)
    status = line.decode("latin-1") if kind == "http" and line.startswith(b"HTTP/") else ""
    return Plaintext(kind=kind, head=head[:HEAD_BYTES], status_line=status)


def _kind(head: bytes, line: bytes) -> str:
    if line.startswith(b"HTTP/") or head.lower().lstrip().startswith(_HTML):
        return "http"
    if line.startswith(b"SSH-"):
        return "ssh"
    words = line.upper()
    if words.startswith((b"220", b"421", b"554")):
        if b"SMTP" in words:
            return "smtp"
        if b"FTP" in words:
            return "ftp"
    if line.startswith((b"220 ", b"220-")):
        return "reply"
    return next((kind for start, kind in _GREETINGS if words.startswith(start)), "other")
