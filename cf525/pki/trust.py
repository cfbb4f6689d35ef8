"""What the edge trusts: anchors from several stores, in one ordered and lazily read collection.

Cloudflare's published list decides; the two Origin CA roots come as facts; files of the user or
the zone's Custom Origin Trust Store are added or take its place. certifi and the operating
system's store only stand in for roots of the list that are not at hand.
"""

import os
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import certifi

from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.pki import bundles, der, dn, keys, listed, origin_ca
from cf525.pki.certificate import Certificate, Malformed, parse

_MAX_STORE_BYTES: Final = 16 << 20
_OS_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)

PUBLISHED: Final = "Cloudflare's published list"
ORIGIN_CA: Final = "Cloudflare Origin CA"
ZONE: Final = "the zone's Custom Origin Trust Store"
CERTIFI: Final = "certifi"
SYSTEM: Final = "the operating system"


@dataclass(frozen=True, eq=False)
class Anchor:
    """A trusted root: a name, a key and where they come from. Parsed when first asked for.

    ``encoded`` is empty for a root that is known as facts, which ``known`` then holds.
    """

    source: str
    subject: bytes  # encoded, as in the certificate
    spki: bytes
    encoded: bytes = b""
    known: Certificate | None = None

    @cached_property
    def certificate(self) -> Certificate | None:
        """The parsed certificate; None where BoringSSL could not load it either."""
        if self.known is not None:
            return self.known
        try:
            return parse(self.encoded)
        except Malformed:
            return None


class Index:
    """Anchors by the canonical form of their subject, in the order they were added."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._by_name: dict[bytes, list[Anchor]] = defaultdict(list)
        self.size = 0
        for anchor in anchors:
            try:
                canonical = _canonical(anchor.subject)
            except der.DerError:
                continue
            if all(anchor.encoded != each.encoded for each in self._by_name[canonical]):
                self._by_name[canonical].append(anchor)
                self.size += 1

    def anchors(self, canonical: bytes) -> Sequence[Anchor]:
        return self._by_name.get(canonical, ())

    def named(self, canonical: bytes) -> Sequence[Certificate]:
        found = (anchor.certificate for anchor in self.anchors(canonical))
        return [certificate for certificate in found if certificate is not None]

    def __iter__(self) -> Iterator[Anchor]:
        for anchors in self._by_name.values():
            yield from anchors


@lru_cache(maxsize=2_048)
def _canonical(subject: bytes) -> bytes:
    return dn.parse(subject).canonical


def sketch(encoded: bytes, source: str) -> Anchor:
    """Only the subject and the key of a certificate, by walking over the rest of it."""
    body = der.whole_sequence(encoded).enter(der.SEQUENCE)
    if body.peek(0xA0):
        body.any()
    for _ in range(4):  # serialNumber, signature, issuer, validity
        body.any()
    return Anchor(source, body.whole(der.SEQUENCE), body.whole(der.SEQUENCE), encoded)


def read_anchors(content: bytes, source: str) -> Iterator[Anchor]:
    """Every certificate of a PEM bundle (or one in DER); what is broken is left out."""
    for encoded in bundles.certificates_in(content):
        try:
            yield sketch(encoded, source)
        except der.DerError:
            continue


@lru_cache(maxsize=8)
def _stored(content: bytes, source: str) -> tuple[Anchor, ...]:
    """The same, once for each of the stores that every judgement of a run begins with."""
    return tuple(read_anchors(content, source))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_STORE_BYTES)
    except OSError:
        return b""


def _written(path: Path) -> str:
    """The day the file was written, which for a downloaded list is the day of the download."""
    try:
        return f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y-%m-%d}"
    except OSError:
        return ""


def _user_anchors(path: Path) -> tuple[Anchor, ...]:
    try:
        with open_given(path) as stream:
            content = stream.read(_MAX_STORE_BYTES)
    except OSError as error:
        raise UsageError(
            f"The trust file {path} cannot be read: {error.strerror or error}.",
            hint="--trust takes a file with CA certificates in PEM or DER.",
        ) from error
    found = tuple(read_anchors(content, str(path)))
    if not found:
        raise UsageError(
            f"The trust file {path} holds no certificate.",
            hint="--trust takes a file with CA certificates in PEM or DER.",
        )
    return found


def _system_anchors() -> Iterator[Anchor]:
    enumerate_store = getattr(ssl, "enum_certificates", None)  # Windows only
    if enumerate_store is not None:
        for encoded, encoding, _ in enumerate_store("ROOT"):
            if encoding == "x509_asn":
                yield from read_anchors(encoded, SYSTEM)
        return
    named = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *_OS_BUNDLES)
    for path in filter(None, named):
        content = _read(Path(path))
        if content:
            yield from _stored(content, SYSTEM)
            return


@dataclass(frozen=True, eq=False)
class TrustStore:
    """The anchors of one run.

    ``published`` is the content of Cloudflare's list, None when it is not at hand; ``extra`` the
    user's anchors, which stand beside the public CAs; ``zone`` the zone's own store, which takes
    the place of both;
    ``only`` leaves nothing but ``extra``. ``stand_ins`` says whether certifi and the operating
    system may be read, ``origin_roots`` and ``is_listed`` are the facts the store starts from.
    """

    published: bytes | None = None
    extra: tuple[Anchor, ...] = ()
    zone: tuple[Anchor, ...] = ()
    only: bool = False
    stand_ins: bool = True
    published_as_of: str = ""
    origin_roots: tuple[Certificate, ...] = field(default_factory=origin_ca.roots)
    is_listed: Callable[[str], bool] = listed.is_listed
    _cache: dict[str, Index] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def load_default(
        cls,
        extra_files: Iterable[str | Path] = (),
        *,
        only: bool = False,
        published: Path | None = None,
        zone: Iterable[bytes] = (),
        stand_ins: bool = True,
        given: Iterable[tuple[str, bytes]] = (),
    ) -> "TrustStore":
        """The store of a normal run.

        ``published`` is a file with Cloudflare's list, which may be missing; ``zone`` holds
        the PEM certificates of a Custom Origin Trust Store; ``given`` are files that were read
        elsewhere, by their names.
        """
        extra = tuple(anchor for path in extra_files for anchor in _user_anchors(Path(path)))
        extra += tuple(anchor for name, content in given for anchor in read_anchors(content, name))
        if only and not extra:
            raise UsageError(
                "--trust-only leaves nothing to trust.", hint="Name the anchors with --trust FILE."
            )
        content = b"" if only or published is None else _read(published)
        return cls(
            published=content or None,
            extra=extra,
            zone=tuple(anchor for pem in zone for anchor in read_anchors(pem, ZONE)),
            only=only,
            stand_ins=stand_ins,
            published_as_of=_written(published) if published is not None and content else "",
        )

    @classmethod
    def of(cls, *certificates: bytes) -> "TrustStore":
        """Exactly these certificates (DER) and nothing else."""
        extra = tuple(each for one in certificates for each in read_anchors(one, "given"))
        return cls(extra=extra, only=True)

    @property
    def complete(self) -> bool:
        """Whether a root that is not found here is surely not trusted by the edge."""
        return self.only or bool(self.zone) or self.published is not None

    @property
    def ml_dsa(self) -> bool:
        """Whether the zone's own store holds an ML-DSA authority, so that the edge takes such
        keys."""
        return any(keys.decode(each.spki).post_quantum for each in self.zone)

    @property
    def edge(self) -> Index:
        """What the edge trusts, as well as it is known."""
        if "edge" not in self._cache:
            self._cache["edge"] = Index(self._edge_anchors())
        return self._cache["edge"]

    def _edge_anchors(self) -> Iterator[Anchor]:
        if not self.only:
            if self.zone:
                yield from self.zone
            elif self.published is not None:
                yield from _stored(self.published, PUBLISHED)
            else:
                yield from (
                    each for each in self.elsewhere if self.is_listed(sha256(each.spki).hexdigest())
                )
            for root in self.origin_roots:
                yield Anchor(ORIGIN_CA, root.subject.encoded, root.spki, known=root)
        if self.only or not self.zone:
            yield from self.extra

    @property
    def elsewhere(self) -> Index:
        """The roots of certifi and the operating system, whether the edge has them or not."""
        if "elsewhere" not in self._cache:
            self._cache["elsewhere"] = Index(self._stand_ins())
        return self._cache["elsewhere"]

    def _stand_ins(self) -> Iterator[Anchor]:
        if self.stand_ins and not self.only:
            yield from _stored(_read(Path(certifi.where())), CERTIFI)
            yield from _system_anchors()

    def source(self, certificate: Certificate) -> str:
        """Which store an anchor of the edge came from."""
        for anchor in self.edge.anchors(certificate.subject.canonical):
            if anchor.certificate is certificate:
                return anchor.source
        return PUBLISHED

    @property
    def names(self) -> tuple[str, ...]:
        """The stores this rests on, for the report."""
        users = tuple(dict.fromkeys(anchor.source for anchor in self.extra))
        if self.only:
            return users
        if self.zone:
            return (ZONE, ORIGIN_CA)
        public: tuple[str, ...]
        if self.published is not None:
            public = (
                f"{PUBLISHED}{f' of {self.published_as_of}' if self.published_as_of else ''}",
            )
        else:
            public = (f"keys of {PUBLISHED} {listed.RELEASE}", CERTIFI, SYSTEM)
        return (*public, ORIGIN_CA, *users)


def holds_ml_dsa(pem: str) -> bool:
    """Whether any certificate of a PEM text has an ML-DSA key."""
    anchors = read_anchors(pem.encode(), ZONE)
    return any(keys.decode(each.spki).post_quantum for each in anchors)
