"""Certificate files as people really have them, and which servers load them."""

from base64 import b64encode
from dataclasses import dataclass

from cf525.pki.pem import ALL, GO, HAPROXY, OPENSSL
from tests.pki.forge import INTERMEDIATE_DER, LEAF_DER, ROOT_DER
from tests.pki.test_trust import pem

CHAIN = pem(LEAF_DER, INTERMEDIATE_DER)
LEAF = pem(LEAF_DER)


@dataclass(frozen=True)
class Variant:
    """``line`` is that of the first damage, 0 for none; ``sent`` how many certificates a server
    sends that loads the file: those built on OpenSSL, those written in Go."""

    content: bytes
    line: int = 0
    refused_by: tuple[str, ...] = ()
    sent: tuple[int, int] = (2, 2)


def _of_64(certificate: bytes) -> bytes:
    """PEM in lines of 64 characters, as OpenSSL writes it."""
    body = b64encode(certificate)
    lines = [body[at : at + 64] + b"\n" for at in range(0, len(body), 64)]
    return b"-----BEGIN CERTIFICATE-----\n" + b"".join(lines) + b"-----END CERTIFICATE-----\n"


def _second(old: bytes, new: bytes) -> bytes:
    """The chain with ``old`` replaced behind the leaf."""
    return LEAF + CHAIN[len(LEAF) :].replace(old, new, 1)


_AFTER = LEAF.count(b"\n")
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"
_NARROW = b"".join(_of_64(each) for each in (LEAF_DER, INTERMEDIATE_DER))
_IN_PLACE = _NARROW.count(b"\n", 0, _NARROW.rindex(_BEGIN)) + 1


def _before_the_second(text: str) -> Variant:
    """Something on the line on which the second block begins: no server reads the block."""
    at = CHAIN.rindex(_BEGIN)
    return Variant(CHAIN[:at] + text.encode() + CHAIN[at:], _AFTER + 1, sent=(1, 1))


def _labelled(label: bytes, block: bytes) -> bytes:
    return block.replace(b" CERTIFICATE", b" " + label)


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
    "a blank line behind the first line": Variant(_NARROW.replace(_BEGIN, _BEGIN + b"\n", 1)),
    "a blank line behind the second's first line": Variant(
        (_BEGIN + b"\n\n").join(_NARROW.rsplit(_BEGIN + b"\n", 1))
    ),
    "a blank line behind the first line, and long lines": Variant(
        CHAIN.replace(_BEGIN, _BEGIN + b"\n", 1), 3, (*OPENSSL, HAPROXY)
    ),
    "two blank lines behind the first line": Variant(
        _NARROW.replace(_BEGIN, _BEGIN + b"\n\n", 1), 3, (*OPENSSL, HAPROXY)
    ),
    "a blank line before the end": Variant(
        CHAIN.replace(_END, b"\n" + _END, 1), _AFTER, (*OPENSSL, HAPROXY)
    ),
    "a blank line before the second's end": Variant(
        (b"\n" + _END).join(CHAIN.rsplit(_END, 1)), CHAIN.count(b"\n"), OPENSSL
    ),
    "a header of an encrypted key": Variant(
        _NARROW.replace(_BEGIN, _BEGIN + b"\nProc-Type: x\n", 1), 2, (*OPENSSL, HAPROXY)
    ),
    "another header": Variant(
        _NARROW.replace(_BEGIN, _BEGIN + b"\nComment: x\n", 1), 2, (*OPENSSL, HAPROXY)
    ),
    "a header in the second": Variant(
        (_BEGIN + b"\nComment: x\n\n").join(_NARROW.rsplit(_BEGIN + b"\n", 1)),
        *(_IN_PLACE + 1, OPENSSL),
    ),
    "begun twice": Variant(_BEGIN + b"\n" + CHAIN, 2, (*OPENSSL, HAPROXY)),
    "the second cut off": Variant(CHAIN[:-60] + b"\n", _AFTER + 1, (*OPENSSL, HAPROXY)),
    "an empty block between": Variant(
        LEAF + _BEGIN + b"\n" + _END + b"\n" + CHAIN[len(LEAF) :], _AFTER + 1, OPENSSL
    ),
    "the second is no certificate": Variant(
        LEAF + b"\n".join((_BEGIN, b"MAMCAQE=", _END, b"")), _AFTER + 1, (*OPENSSL, HAPROXY)
    ),
    "data behind the end": Variant(CHAIN.replace(_END, _END + b" ;", 1), _AFTER, ALL),
    "one line of base64": Variant(
        LEAF + b"\n".join((_BEGIN, b64encode(INTERMEDIATE_DER), _END, b""))
    ),
    "spaces within the base64": Variant(_NARROW.replace(b"MII", b"M I I")),
    "a space before the second": _before_the_second(" "),
    "a quote before the second": _before_the_second('"'),
    "a label before the second": _before_the_second("ssl_chain: "),
    "a no-break space before the second": _before_the_second("\N{NO-BREAK SPACE}"),
    "a zero-width space before the second": _before_the_second("\N{ZERO WIDTH SPACE}"),
    "the second indented": Variant(
        LEAF + b"".join(b"    " + each for each in CHAIN[len(LEAF) :].splitlines(True)),
        *(_AFTER + 1, ()),
        sent=(1, 1),
    ),
    "the second's dashes typographic": Variant(
        LEAF + CHAIN[len(LEAF) :].replace(b"-----", "——".encode()), _AFTER + 1, sent=(1, 1)
    ),
    "a byte-order mark before the second": Variant(
        LEAF + b"\xef\xbb\xbf" + CHAIN[len(LEAF) :], _AFTER + 1, sent=(2, 1)
    ),
    "a byte-order mark behind other text": Variant(
        LEAF + b"the issuer:\n\xef\xbb\xbf" + CHAIN[len(LEAF) :], _AFTER + 2, sent=(1, 1)
    ),
    "the first labelled X509": Variant(
        _labelled(b"X509 CERTIFICATE", LEAF) + CHAIN[len(LEAF) :], 1, (GO,)
    ),
    "the first labelled TRUSTED": Variant(
        _labelled(b"TRUSTED CERTIFICATE", LEAF) + CHAIN[len(LEAF) :], 1, (GO,)
    ),
    "the second labelled X509": Variant(
        LEAF + _labelled(b"X509 CERTIFICATE", CHAIN[len(LEAF) :]), _AFTER + 1, sent=(2, 1)
    ),
    "the second labelled TRUSTED": Variant(
        LEAF + _labelled(b"TRUSTED CERTIFICATE", CHAIN[len(LEAF) :]), _AFTER + 1, sent=(1, 1)
    ),
    "not seen at the ends of the second": Variant(
        LEAF + CHAIN[len(LEAF) :].replace(b"\n", b"\xc2\xa0\n"), _AFTER + 1, sent=(2, 1)
    ),
    "a certificate commented out above": Variant(
        b"".join(b"# " + each for each in pem(ROOT_DER).splitlines(True)) + CHAIN, 1
    ),
    "a comment that names the markers": Variant(b"# from BEGIN CERTIFICATE on\n" + CHAIN),
    "parameters between": Variant(
        LEAF
        + b"-----BEGIN DH PARAMETERS-----\nMIIBCAKCAQEA\n-----END DH PARAMETERS-----\n"
        + CHAIN[len(LEAF) :]
    ),
}
