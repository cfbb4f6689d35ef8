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
from itertools import islice
from typing import Final

from cf525.pki.bundles import BEHIND
from cf525.values import dataclass

OPENSSL: Final = ("nginx", "Apache", "Node")
HAPROXY: Final = "HAProxy"
GO: Final = "Go"
ALL: Final = (*OPENSSL, HAPROXY, GO)

_BOM: Final = b"\xef\xbb\xbf"
_MARKER: Final = re.compile(rb"\b(BEGIN|END) ((?:[A-Z0-9]+ )*CERTIFICATE)\b(?! REQUEST)")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/=\s]*")
_DASHES: Final = re.compile("[\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]")
_MOST: Final = 20
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that is not as servers read it. ``line`` counts from 1, ``block`` is the number
    of the certificate it is in; ``refused_by`` are the servers that do not load the file."""

    line: int
    block: int
    text: str
    refused_by: tuple[str, ...]

    @property
    def fatal(self) -> bool:
        """Whether the servers that most people run do not load the file."""
        return set(OPENSSL) <= set(self.refused_by)


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


def damages(content: bytes) -> tuple[Damage, ...]:
    """Everything in a PEM text that some server minds, in the order of its lines."""
    if content.startswith(_UTF16) and "BEGIN " in content[:8192].decode("utf-16", "replace"):
        text = "the file is UTF-16 text, as Windows saves it; servers read it as bytes of ASCII"
        return (Damage(line=1, block=1, text=text, refused_by=ALL),)
    if b"BEGIN " not in content:
        return ()
    if b"\r" in content and b"\n" not in content:
        text = "its lines end in a carriage return alone, as old Macs wrote them"
        return (Damage(line=1, block=1, text=text, refused_by=ALL),)
    return tuple(islice(_found(content.split(b"\n")), _MOST))


def _found(lines: Sequence[bytes]) -> Iterator[Damage]:
    block, begun = 0, 0
    seen = [BEHIND.sub(b"", each) for each in lines]
    for number, line in enumerate(seen, 1):
        if number == 1 and line.startswith(_BOM):
            line = line.removeprefix(_BOM)
            yield Damage(
                line=1, block=1, text="the file begins with a byte-order mark", refused_by=(GO,)
            )
        for kind, label in _MARKER.findall(line):
            if kind == b"BEGIN":
                block, begun = block + 1, number
                yield from _begin(line, label, number, block)
            elif begun:
                if block == 1:
                    yield from _behind(lines[begun - 1 : number], begun)
                yield from _body(seen[begun : number - 1], begun, block)
                yield from _end(line, label, number, block)
                begun = 0


def _behind(lines: Sequence[bytes], begun: int) -> Iterator[Damage]:
    """The first line with something at its end that OpenSSL takes away and Go does not."""
    for number, line in enumerate(lines, begun):
        last = line.removesuffix(b"\r").rstrip(b" \t")[-1:]
        if last and not b"!" <= last <= b"~":
            text = "characters that are not seen stand at the end of the line"
            yield Damage(line=number, block=1, text=text, refused_by=(GO,))
            return


def _begin(line: bytes, label: bytes, number: int, block: int) -> Iterator[Damage]:
    if line != b"-----BEGIN " + label + b"-----":
        if b"END " not in line.partition(b"BEGIN")[0]:  # told at the line's end marker
            refused = ALL if block == 1 else ()
            yield Damage(line=number, block=block, text=_why(line, "begins"), refused_by=refused)
    elif label != b"CERTIFICATE":
        text = f"the block is labelled {label.decode('ascii')}"
        yield Damage(line=number, block=block, text=text, refused_by=(GO,) if block == 1 else ())


def _end(line: bytes, label: bytes, number: int, block: int) -> Iterator[Damage]:
    if line == b"-----END " + label + b"-----":
        return
    text = _why(line, "ends")
    if b"BEGIN " in line:
        text = "the end of one certificate and the beginning of the next stand on one line"
    # HAProxy reads the key from the same file, and does not find it behind an open block.
    refused = ALL if block == 1 else (*OPENSSL, HAPROXY)
    yield Damage(line=number, block=block, text=text, refused_by=refused)


def _body(body: Sequence[bytes], begun: int, block: int) -> Iterator[Damage]:
    """The lines between the markers. A header before the first blank line is allowed."""
    headed = any(b":" in line for line in body[:1])
    for offset, line in enumerate(body, 1):
        place = begun + offset
        if not line.strip() and offset < len(body) and not headed:
            refused = (*OPENSSL, HAPROXY) if block == 1 else OPENSSL
            text = "a blank line stands inside the base64"
            yield Damage(line=place, block=block, text=text, refused_by=refused)
            return
        if not headed and not _BASE64.fullmatch(line):
            text = "the base64 holds characters that are none of it"
            yield Damage(line=place, block=block, text=text, refused_by=_broken(block))
            return
    if headed:
        return
    try:
        binascii.a2b_base64(b"".join(b"".join(body).split()), strict_mode=True)
    except binascii.Error:
        text = "the base64 is damaged: characters are missing or too many"
        yield Damage(line=begun, block=block, text=text, refused_by=_broken(block))


def _broken(block: int) -> tuple[str, ...]:
    """Who refuses a file for a broken block: HAProxy and Go take the leaf and drop the rest."""
    return ALL if block == 1 else OPENSSL


def _why(line: bytes, what: str) -> str:
    """In which way a marker is not one."""
    text = line.decode("utf-8", "replace")
    if text[:1].isspace():
        reason = "the line is indented"
    elif text[:1] in "\"'":
        reason = "the line begins with a quotation mark"
    elif _DASHES.search(text):
        reason = "its dashes are typographic ones, as an editor makes them"
    elif not text.startswith("-----") or "------" in text.partition("CERT")[0]:
        reason = "it has not exactly five dashes"
    elif not text.endswith("-----") and re.search(r"-----[A-Za-z0-9+/]", text):
        reason = "data follow on the same line"
    else:
        reason = "it has not exactly five dashes, or more stands on the line"
    return f"the certificate {what} with a line that no server reads: {reason}"
