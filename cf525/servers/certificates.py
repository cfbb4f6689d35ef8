"""Certificate files as servers load them: what is in them, and why one would not be loaded.

Reads through a ``Library``. Of a key file only that it is there matters, unless the question
allows a look: then its public half is compared and nothing is kept.
"""

from typing import Final

from cf525.errors import UsageError
from cf525.model import KeyProof
from cf525.pki import bundles, files, keys, pem
from cf525.pki.certificate import Certificate, Malformed, parse
from cf525.pki.names import find
from cf525.servers.library import NOT_KNOWN, Absence, Library, What
from cf525.values import dataclass

_WORDS: Final = {
    Absence.MISSING: "does not exist",
    Absence.GONE: "is not in the copied tree",
    Absence.FOLDER: "is a folder",
    Absence.UNREADABLE: "may not be read by this user",
    Absence.LOOP: "is a symbolic link that leads to itself",
    Absence.OUTSIDE: "lies outside of the folder given with --root",
    Absence.SPECIAL: "is no regular file",
    Absence.LARGE: "is larger than any certificate file",
    Absence.UNKNOWN: "is not here to be read",
}


def in_words(absence: Absence) -> str:
    """What is the matter with a file, as the end of a sentence."""
    return _WORDS[absence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A certificate file. ``absence`` is why it has no content; ``refused`` why OpenSSL's reader
    does not take what it holds; both are empty for a good one. ``certificates`` are DER in the
    file's order; ``holds_key`` says that a private key stands beside them."""

    path: str
    certificates: tuple[bytes, ...] = ()
    absence: Absence | None = None
    refused: str = ""
    holds_key: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nothing can be said of it: it stands on another machine, or is not for this user
        to read."""
        return self.absence in NOT_KNOWN

    @property
    def leaf(self) -> Certificate | None:
        """The first certificate, which servers take for their own; None where it is unreadable."""
        return certificate_of(self.certificates[0]) if self.certificates else None


def certificate_of(encoded: bytes) -> Certificate | None:
    """A certificate, None for what is none."""
    try:
        return parse(encoded)
    except Malformed:
        return None


def load(library: Library, path: str) -> Loaded:
    """What a server finds at ``path``."""
    content = library.read(path, What.CERTIFICATES)
    if isinstance(content, Absence):
        return Loaded(path=path, absence=content)
    holds_key = b"PRIVATE KEY-----" in content
    wrong = pem.written_wrongly(content)
    if wrong:
        return Loaded(path=path, refused=wrong, holds_key=holds_key)
    text = pem.read(content)
    fatal = next((each for each in text.damages if each.fatal), None)
    if fatal is not None:
        refused = f"is damaged in line {fatal.line}: {fatal.text}"
        return Loaded(path=path, refused=refused, holds_key=holds_key)
    found = tuple(each.content for each in text.held) or bundles.certificates_in(content)
    if not found:
        return Loaded(path=path, refused=_what_it_is(content, path), holds_key=holds_key)
    if b"-----BEGIN" not in content:
        refused = "is not PEM, which is the only form that this server reads"
        return Loaded(path=path, refused=refused, certificates=found)
    return Loaded(path=path, certificates=found, holds_key=holds_key)


def _what_it_is(content: bytes, path: str) -> str:
    try:
        files.bundle_of(content, path)
    except UsageError as error:
        return str(error).removeprefix(path).strip().rstrip(".")
    return "holds no certificate"


def key_kind(certificate: Certificate) -> str:
    """``rsa``, ``ec`` or the name of another kind of key."""
    kind = keys.decode(certificate.spki).kind
    if kind == "RSA":
        return "rsa"
    return "ec" if str(keys.decode(certificate.spki)).startswith("EC ") else kind.lower()


def key_name(certificate: Certificate) -> str:
    """The key in words: ``RSA 2048``, ``EC P-256``."""
    return str(keys.decode(certificate.spki))


def covers(certificate: Certificate, host: str) -> bool:
    """Whether one of its names is or stands for ``host``."""
    return find(certificate, (host,)) is not None


def key_proof(library: Library, path: str, leaf: bytes) -> KeyProof:
    """Whether the private key in ``path`` belongs to the leaf."""
    content = library.read(path)
    if isinstance(content, Absence):
        return KeyProof.UNKNOWN
    found = files.public_keys_in(content)
    proofs = {files.proves(each, leaf) for each in found}
    if not proofs:
        return KeyProof.UNKNOWN
    return KeyProof.PROVED if KeyProof.PROVED in proofs else proofs.pop()


def asks_for_a_word(content: bytes) -> bool:
    """Whether a private key can only be read with a password, by the lines around it."""
    return b"BEGIN ENCRYPTED PRIVATE KEY-----" in content or b"Proc-Type: 4,ENCRYPTED" in content


def is_ca(certificate: Certificate) -> bool:
    """Whether it is an issuer's certificate and no server's own."""
    return certificate.extensions.ca
