"""Finds the certificates in any file that may hold some: PEM, DER, PKCS#7, with text around.

Content is sniffed, never taken from a name or a media type. It answers with raw certificates in
the order they stand; whether they are any good is for others to judge.
"""

import binascii
import warnings
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cf525.patterns import lazy_pattern
from cf525.pki import der
from cf525.values import dataclass

if TYPE_CHECKING:
    from cryptography import x509

_DASHES: Final = b"-----"
_MARKER: Final = lazy_pattern(rb"-----(BEGIN|END) ([A-Z0-9 ]{1,40})(?=-----)")
UNSEEN: Final = bytes((*range(0x21), *range(0x80, 0x100)))
"""What OpenSSL takes away at the end of a line of PEM: every byte that is no more than a space as a
signed char (crypto/pem/pem_lib.c). Where char is unsigned, as on ARM, those from 0x80 on stay
[inferred]."""
_HEADER: Final = lazy_pattern(rb"\A(?:[A-Za-z0-9-]++:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)++\s*\n")
_CERTIFICATE_LABELS: Final = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
PKCS7_LABELS: Final = ("PKCS7", "PKCS #7 SIGNED DATA", "CMS")
_SIGNED_DATA: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block; ``content`` is None when its base64 is broken."""

    label: str
    content: bytes | None


def plain(content: bytes) -> bytes:
    """The text without a byte-order mark and with Unix line ends; other bytes as they are."""
    for mark, codec in _BOMS:
        if content.startswith(mark):
            content = content.decode(codec, "replace").encode()
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"-----" in content else content


def blocks(content: bytes) -> tuple[Block, ...]:
    """Every PEM block of plain text, in order."""
    return tuple(
        Block(label.decode("ascii"), _base64(_HEADER.sub(b"", _seen(body).lstrip(b"\n"))))
        for label, body in _bodies(content)
    )


def _bodies(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The label of each block and what stands between its lines: from each BEGIN to the next END
    of its label, in time that grows with the text however few of its blocks are closed."""
    begun: list[tuple[int, int, bytes]] = []
    ends: dict[bytes, list[int]] = {}
    for mark in _MARKER.finditer(content):
        if mark[1] == b"BEGIN":
            begun.append((mark.start(), mark.end() + len(_DASHES), mark[2]))
        else:
            ends.setdefault(mark[2], []).append(mark.start())
    done = 0
    for start, body, label in begun:
        closing = ends.get(label, [])
        at = bisect_left(closing, body)
        if start >= done and at < len(closing):
            yield label, content[body : closing[at]]
            done = closing[at] + len(b"-----END " + label + _DASHES)


def _seen(body: bytes) -> bytes:
    """The lines of a block without what is not seen at their ends."""
    return b"\n".join(each.rstrip(UNSEEN) for each in body.split(b"\n"))


def _base64(body: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
    except binascii.Error:
        return None


def certificates_in(content: bytes) -> tuple[bytes, ...]:
    """Every certificate in ``content``; none where there is none."""
    content = plain(content)
    found: list[bytes] = []
    for block in blocks(content):
        if block.content is None:
            continue
        if block.label in _CERTIFICATE_LABELS:
            found.append(first_element(block.content) or block.content)
        elif block.label in PKCS7_LABELS:
            found.extend(_pkcs7(block.content))
    if found:
        return tuple(found)
    whole = first_element(content)
    if whole is None:
        return _pkcs7(content)
    return (whole,) if is_certificate(whole) else _pkcs7(whole)


def first_element(content: bytes) -> bytes | None:
    """The DER SEQUENCE at the start, without what follows it (a newline, trust settings)."""
    try:
        return der.Reader(content).whole(der.SEQUENCE)
    except der.DerError:
        return None


def is_certificate(whole: bytes) -> bool:
    """Whether it has a certificate's outline: a signed body that begins like one."""
    try:
        outer = der.whole_sequence(whole)
        body = outer.enter(der.SEQUENCE)
        outer.read(der.SEQUENCE)
        outer.read(der.BIT_STRING)
        versioned = body.peek(0xA0)
        if versioned:
            body.any()
        body.read(der.INTEGER)
        body.read(der.SEQUENCE)
        body.read(der.SEQUENCE)
        body.read(der.SEQUENCE)
        body.read(der.SEQUENCE)
    except der.DerError:
        return False
    return True


def _pkcs7(content: bytes) -> tuple[bytes, ...]:
    """The certificates of a certs-only PKCS#7 file, in the order of their issue.

    There they are a SET, which DER sorts by its bytes (RFC 2315 section 9.1): the order in the file
    is nobody's choice, and a server that loads it sends the leaf first.
    """
    if _SIGNED_DATA not in content[:64]:
        return ()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
    from cryptography.x509 import InvalidVersion

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = pkcs7.load_der_pkcs7_certificates(content)
    except (ValueError, UnsupportedAlgorithm, InvalidVersion):
        return ()
    try:
        ordered = _by_issue(loaded)
    except ValueError:  # a name that the library reads only when it is asked for
        ordered = loaded
    return tuple(each.public_bytes(Encoding.DER) for each in ordered)


def _is_authority(certificate: "x509.Certificate") -> bool:
    from cryptography.x509 import BasicConstraints, DuplicateExtension, ExtensionNotFound

    try:
        return certificate.extensions.get_extension_for_class(BasicConstraints).value.ca
    except (ExtensionNotFound, DuplicateExtension, ValueError):
        return False


def _by_issue(found: "Sequence[x509.Certificate]") -> "list[x509.Certificate]":
    """The one that issued no other, then its issuer and so on; what is left stays behind. An
    authority that issued none of them is no leaf where there is another."""
    rest = list(found)
    issuers = {each.issuer.public_bytes() for each in rest if each.subject != each.issuer}
    leaves = [each for each in rest if each.subject.public_bytes() not in issuers]
    ordered: list[x509.Certificate] = []
    issued = [each for each in leaves if each.subject != each.issuer]
    following = next(iter(sorted(issued, key=_is_authority)), None)
    while following is not None:
        ordered.append(following)
        rest.remove(following)
        wanted = following.issuer
        following = next((each for each in rest if each.subject == wanted), None)
    return ordered + rest
