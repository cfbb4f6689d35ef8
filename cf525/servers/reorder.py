"""Certificate files written anew: the leaf before its issuers, or with an issuer that lacks.

Only files without a private key are touched, and only whole PEM blocks are moved.
"""

from base64 import b64encode
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.servers.certificates import Loaded, certificate_of, is_ca
from cf525.servers.foretold import Edit
from cf525.servers.library import Absence, Library, What, decoded

_BEGIN: Final = lazy_pattern(r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----")


def leaf_first(library: Library, loaded: Loaded) -> tuple[Edit, ...]:
    """The file with its certificates in the order leaf, issuer, issuer's issuer."""
    content = library.read(loaded.path, What.CERTIFICATES)
    if isinstance(content, Absence) or loaded.holds_key:
        return ()
    parsed = [certificate_of(each) for each in loaded.certificates]
    known = [each for each in parsed if each is not None]
    leaf = next((each for each in known if not is_ca(each)), None)
    if leaf is None or len(known) != len(parsed):
        return ()
    order = [leaf]
    while True:
        more = [each for each in known if each not in order and each.issued(order[-1])]
        if not more:
            break
        order.append(more[0])
    order += [each for each in known if each not in order]
    lines = [line for each in order for line in pem_lines(each.encoded)]
    last = len(decoded(content).removesuffix("\n").split("\n"))
    return (Edit(file=loaded.path, first=1, last=last, lines=tuple(lines)),)


def appended(library: Library, path: str, certificates: tuple[bytes, ...]) -> tuple[Edit, ...]:
    """The file with these certificates behind those it holds."""
    content = library.read(path, What.CERTIFICATES)
    if isinstance(content, Absence) or b"PRIVATE KEY-----" in content:
        return ()
    last = len(decoded(content).removesuffix("\n").split("\n"))
    lines = tuple(line for each in certificates for line in pem_lines(each))
    return (Edit(file=path, first=last + 1, last=last, lines=lines),)


def pem_lines(encoded: bytes) -> list[str]:
    """A certificate as the lines of a PEM block."""
    text = b64encode(encoded).decode("ascii")
    body = [text[at : at + 64] for at in range(0, len(text), 64)]
    return ["-----BEGIN CERTIFICATE-----", *body, "-----END CERTIFICATE-----"]
