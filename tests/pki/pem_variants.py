"""Certificate files as people really have them, and which servers load them."""

from dataclasses import dataclass

from cf525.pki.pem import ALL, GO, HAPROXY, OPENSSL
from tests.pki.forge import INTERMEDIATE_DER, LEAF_DER
from tests.pki.test_trust import pem

CHAIN = pem(LEAF_DER, INTERMEDIATE_DER)
LEAF = pem(LEAF_DER)


@dataclass(frozen=True)
class Variant:
    """``line`` is that of the first damage, 0 for none."""

    content: bytes
    line: int = 0
    refused_by: tuple[str, ...] = ()


def _second(old: bytes, new: bytes) -> bytes:
    """The chain with ``old`` replaced behind the leaf."""
    return LEAF + CHAIN[len(LEAF) :].replace(old, new, 1)


_AFTER = LEAF.count(b"\n")

VARIANTS = {
    "as it was issued": Variant(CHAIN),
    "CRLF": Variant(CHAIN.replace(b"\n", b"\r\n")),
    "text between": Variant(LEAF + b"subject=CN = x\n\n" + CHAIN[len(LEAF) :]),
    "spaces at line ends": Variant(CHAIN.replace(b"-----\n", b"-----  \n")),
    "no newline at the end": Variant(CHAIN.rstrip()),
    "two blocks on one line": Variant(
        CHAIN.replace(
            b"-----END CERTIFICATE-----\n-----BEGIN", b"-----END CERTIFICATE----------BEGIN"
        ),
        _AFTER,
        ALL,
    ),
    "indented": Variant(b"".join(b"  " + each for each in CHAIN.splitlines(True)), 1, ALL),
    "quoted": Variant(b'"' + CHAIN.rstrip() + b'"\n', 1, ALL),
    "a blank line inside": Variant(
        b"\n".join((*CHAIN.split(b"\n")[:2], b"", *CHAIN.split(b"\n")[2:])), 3, (*OPENSSL, HAPROXY)
    ),
    "data on the first line": Variant(CHAIN.replace(b"-----\n", b"-----", 1), 1, ALL),
    "typographic dashes": Variant(CHAIN.replace(b"-----BEGIN", "——BEGIN".encode(), 1), 1, ALL),
    "four dashes": Variant(CHAIN.replace(b"-----BEGIN", b"----BEGIN", 1), 1, ALL),
    "the second block damaged": Variant(_second(b"MII", b"MI"), _AFTER + 1, OPENSSL),
    "the second block's end damaged": Variant(
        _second(b"-----END CERTIFICATE-----", b"----END CERTIFICATE-----"),
        CHAIN.count(b"\n"),
        (*OPENSSL, HAPROXY),
    ),
    "a byte-order mark": Variant(b"\xef\xbb\xbf" + CHAIN, 1, (GO,)),
    "a carriage return alone": Variant(CHAIN.replace(b"\n", b"\r"), 1, ALL),
    "two carriage returns": Variant(CHAIN.replace(b"\n", b"\r\r\n"), 1, (GO,)),
    "UTF-16 of Windows": Variant(b"\xff\xfe" + CHAIN.decode().encode("utf-16-le"), 1, ALL),
    "UTF-16 the other way": Variant(b"\xfe\xff" + CHAIN.decode().encode("utf-16-be"), 1, ALL),
    "NUL at line ends": Variant(CHAIN.replace(b"\n", b"\0\n"), 1, (GO,)),
    "labelled X509": Variant(CHAIN.replace(b" CERTIFICATE", b" X509 CERTIFICATE"), 1, (GO,)),
}
