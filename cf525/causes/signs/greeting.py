"""What speaks on a port where HTTP is expected, told by its first bytes."""

from typing import Final

from cf525.causes.case import Case
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


def service(head: bytes) -> str:
    """The service that begins to speak so; empty where none is known to."""
    if head.startswith(b"-ERR unknown command"):
        return "Redis"
    return _SERVICES.get(plaintext(head).kind, "")


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
