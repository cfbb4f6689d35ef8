"""What speaks on a port where HTTP is expected, told by its first bytes."""

import re
from typing import Final

from cf525.causes.case import Case
from cf525.patterns import lazy_pattern
from cf525.tls.plaintext import plaintext

SHOWN: Final = 48
_SERVICES: Final = {
    "ssh": "SSH",
    "smtp": "SMTP",
    "ftp": "FTP",
    "reply": "SMTP or FTP",
    "imap": "IMAP",
    "pop3": "POP3",
}


_FIRST_BYTES: Final = (
    (lazy_pattern(rb"-ERR unknown command"), "Redis"),
    (lazy_pattern(rb"...\x00(?:\x0a\d+\.\d|\xff..)", re.DOTALL), "MySQL or MariaDB"),
    (lazy_pattern(rb"E\x00\x00..S(?:FATAL|ERROR)\x00", re.DOTALL), "PostgreSQL"),
    (lazy_pattern(rb"\x03\x00\x00.[\x06-\x7f]\xd0", re.DOTALL), "Remote Desktop"),
    (lazy_pattern(rb"RFB 00\d\.\d"), "VNC"),
)
"""Sources: MySQL's HandshakeV10 and ERR packets, PostgreSQL's ErrorResponse, the X.224 Connection
Confirm of [MS-RDPBCGR], RFC 6143 section 7.1.1 (all documented)."""
_SETTINGS: Final = lazy_pattern(rb"\x00..\x04\x00\x00\x00\x00\x00", re.DOTALL)


def is_http2(head: bytes) -> bool:
    """Whether a server begins with HTTP/2's SETTINGS (RFC 9113 section 3.4): HTTP/2 or gRPC in
    clear."""
    return _SETTINGS.match(head) is not None and int.from_bytes(head[:3]) % 6 == 0


def service(head: bytes) -> str:
    """The service that begins to speak so; empty where none is known to."""
    found = (name for pattern, name in _FIRST_BYTES if pattern.match(head))
    return next(found, "") or _SERVICES.get(plaintext(head).kind, "")


def shown(head: bytes) -> str:
    r"""The first bytes as a proof: text as it is, all else as ``\xNN``."""
    return repr(head[:SHOWN].rstrip(b"\r\n"))[2:-1]


def within_tls(case: Case) -> bytes:
    """The first bytes that came inside TLS where they are no HTTP and nothing else is wrong."""
    edge = case.edge
    if edge is None or not edge.established or case.status.status != "520":
        return b""
    answer = edge.http
    return answer.body_head if answer is not None and answer.status is None else b""
