"""What a server's TLS settings and the edge's hello come to: a version and suite, or what lacks.

The edge's side is ``cf525.edge.profile``, the suites are those of the engine that judges the wire.
The server's side follows OpenSSL 3: the highest common version is taken and not left again, and
what older versions need (SHA-1 signatures) is switched off by its security level. Go and BoringSSL
differ in what they have and not in how they choose.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from cf525.edge.profile import GROUPS, SIGNATURE_ALGORITHMS, SUITES, ClientProfile
from cf525.model.registry import (
    P256,
    P384,
    P521,
    TLS12,
    TLS13,
    X25519,
    group_name,
    signature_scheme_name,
    version_name,
)
from cf525.pki.certificate import Certificate
from cf525.servers.certificates import key_kind, key_name
from cf525.servers.ciphers import names_of
from cf525.servers.foretold import Agreed
from cf525.tls.suites import KeyExchange, suite
from cf525.values import dataclass

X448: Final = 0x001E
SUITES13: Final = (0x1302, 0x1303, 0x1301)
OPENSSL_GROUPS: Final = (X25519, P256, X448, P521, P384)
"""What OpenSSL 3 takes where nothing is set."""

_SCHEMES13: Final = {
    "RSA": (0x0804, 0x0805, 0x0806),
    "EC P-256": (0x0403,),
    "EC P-384": (0x0503,),
    "EC P-521": (0x0603,),
    "Ed25519": (0x0807,),
    "Ed448": (0x0808,),
}
_SCHEMES12: Final = {
    "rsa": (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0301),
    "ec": (0x0403, 0x0503, 0x0603, 0x0203),
    "ed25519": (0x0807,),
}
_CURVES: Final = {"EC P-256": P256, "EC P-384": P384, "EC P-521": P521}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A server's side. ``suites`` are those of TLS 1.2 and older; ``schemes`` the signature
    algorithms it keeps to, None for all; ``legacy`` whether TLS 1.0 and 1.1 really work."""

    versions: frozenset[int]
    suites: tuple[int, ...]
    suites13: tuple[int, ...] = SUITES13
    groups: tuple[int, ...] = OPENSSL_GROUPS
    schemes: tuple[int, ...] | None = None
    legacy: bool = False


class Lack(StrEnum):
    """What the two sides have not in common."""

    VERSION = "version"
    LEGACY = "legacy"  # a version that the library no longer signs for
    SUITE = "suite"
    KEY_FOR_SUITE = "key-for-suite"  # suites in common, none of which fits a certificate
    GROUP = "group"
    KEY = "key"  # a certificate whose key the edge cannot use
    SCHEME = "scheme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no handshake. ``facts`` fill the page of the cause that follows."""

    lack: Lack
    version: int
    text: str
    facts: dict[str, object]


def meet(
    settings: Settings, keys: Sequence[Certificate], profile: ClientProfile
) -> Agreed | Refusal:
    """What the edge and a server with certificates of these keys agree on, or what lacks.

    Without any key the certificate is not known, and no refusal is laid to it.
    """
    common = settings.versions & set(profile.versions)
    if not common:
        top = max(settings.versions, default=0)
        own = version_name(top) if top else "no version"
        return Refusal(
            lack=Lack.VERSION,
            version=top,
            text=f"the server is set to {own} at most",
            facts={"version": own},
        )
    version = max(common)
    if version == TLS13:
        return _meet13(settings, keys, profile)
    if version < TLS12 and not settings.legacy:
        return Refusal(
            lack=Lack.LEGACY,
            version=version,
            text=f"the highest version that is on is {version_name(version)}, which OpenSSL 3 "
            "does not sign for unless the ciphers say @SECLEVEL=0",
            facts={"version": version_name(version)},
        )
    return _meet12(settings, keys, profile, version)


def rests_beyond(settings: Settings, keys: Sequence[Certificate], profile: ClientProfile) -> bool:
    """Whether it only works by what public BoringSSL does not do as it comes."""
    beyond = {fact.code for fact in (*SUITES, *GROUPS, *SIGNATURE_ALGORITHMS) if fact.beyond}

    def kept(codes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(code for code in codes if code not in beyond)

    plain = replace(
        profile,
        suites=kept(profile.suites),
        groups=kept(profile.groups),
        signature_algorithms=kept(profile.signature_algorithms),
    )
    return isinstance(meet(settings, keys, plain), Refusal)


def _meet13(
    settings: Settings, keys: Sequence[Certificate], profile: ClientProfile
) -> Agreed | Refusal:
    suites = [code for code in settings.suites13 if code in profile.suites]
    if not suites:
        accepts = names_of(settings.suites13) or "none"
        return _no_suite(TLS13, accepts)
    group = next((code for code in settings.groups if code in profile.groups), None)
    if group is None:
        return _no_group(TLS13, settings.groups, profile)
    if keys and not any(_signs13(settings, each, profile) for each in keys):
        return _no_signature(TLS13, settings, keys[0], profile)
    return Agreed(version=TLS13, suite=suites[0], group=group)


def _signs13(settings: Settings, leaf: Certificate, profile: ClientProfile) -> bool:
    name = key_name(leaf)
    own = _SCHEMES13.get("RSA" if name.startswith("RSA ") else name, ())
    return any(code in profile.signature_algorithms for code in _kept(own, settings))


def _kept(own: Collection[int], settings: Settings) -> list[int]:
    return [code for code in own if settings.schemes is None or code in settings.schemes]


def _meet12(
    settings: Settings, keys: Sequence[Certificate], profile: ClientProfile, version: int
) -> Agreed | Refusal:
    common = [
        code
        for code in settings.suites
        if code in profile.suites and _offered_in(code, version) and version in suite(code).versions
    ]
    if not common:
        return _no_suite(version, names_of(settings.suites) or "none")
    group = next((code for code in settings.groups if code in profile.groups), None)
    reachable = [c for c in common if group or suite(c).exchange is not KeyExchange.ECDHE]
    if not reachable:
        return _no_group(version, settings.groups, profile)
    if not keys:
        return Agreed(version=version, suite=reachable[0], group=group)
    for code in reachable:
        if any(_fits12(code, each, settings, profile, version) for each in keys):
            own = group if suite(code).exchange is KeyExchange.ECDHE else None
            return Agreed(version=version, suite=code, group=own)
    fitting = [c for c in common for key in keys if _authenticates(c, key)]
    if group is None and any(suite(code).exchange is KeyExchange.ECDHE for code in fitting):
        return _no_group(version, settings.groups, profile)
    kinds = {key_kind(each) for each in keys}
    if not kinds & {"rsa", "ec"}:
        return _unusable(version, keys[0])
    if any(_authenticates(code, each) for code in reachable for each in keys):
        return _no_signature(version, settings, keys[0], profile)
    return Refusal(
        lack=Lack.KEY_FOR_SUITE,
        version=version,
        text=f"the certificate has the key {key_name(keys[0])}, and none of the suites in common "
        f"({names_of(common)}) is for such a key",
        facts={},
    )


def _offered_in(code: int, version: int) -> bool:
    fact = next((each for each in SUITES if each.code == code), None)
    return fact is not None and (not fact.versions or version in fact.versions)


def _authenticates(code: int, leaf: Certificate) -> bool:
    return {"rsa": "rsa", "ec": "ecdsa"}.get(key_kind(leaf)) == suite(code).authentication


def _fits12(
    code: int, leaf: Certificate, settings: Settings, profile: ClientProfile, version: int
) -> bool:
    if not _authenticates(code, leaf):
        return False
    curve = _CURVES.get(key_name(leaf))
    if key_kind(leaf) == "ec" and (curve is None or curve not in profile.groups):
        return False
    by_key = suite(code).exchange is KeyExchange.RSA  # nothing is signed
    if version < TLS12 or (by_key and settings.schemes is None):
        return True  # with a list of its own OpenSSL takes no key that the list leaves out
    own = _kept(_SCHEMES12[key_kind(leaf)], settings)
    return any(scheme in profile.signature_algorithms for scheme in own)


def _no_suite(version: int, accepts: str) -> Refusal:
    return Refusal(
        lack=Lack.SUITE,
        version=version,
        text=f"of the suites that are on for {version_name(version)} ({accepts}) the edge offers "
        "none",
        facts={"accepts": accepts, "version": version_name(version)},
    )


def _no_group(version: int, own: Sequence[int], profile: ClientProfile) -> Refusal:
    accepts = ", ".join(group_name(code) for code in own)
    return Refusal(
        lack=Lack.GROUP,
        version=version,
        text=f"the groups that are on ({accepts}) are none of the edge's",
        facts={
            "group": accepts,
            "offered": ", ".join(group_name(code) for code in profile.groups),
            "version": version_name(version),
        },
    )


def _unusable(version: int, leaf: Certificate) -> Refusal:
    name = key_name(leaf)
    return Refusal(
        lack=Lack.KEY,
        version=version,
        text=f"the certificate has the key {name}, for which the edge offers no signature",
        facts={"key": name},
    )


def _no_signature(
    version: int, settings: Settings, leaf: Certificate, profile: ClientProfile
) -> Refusal:
    del profile
    if settings.schemes is None:
        return _unusable(version, leaf)
    accepts = ", ".join(signature_scheme_name(code) for code in settings.schemes)
    return Refusal(
        lack=Lack.SCHEME,
        version=version,
        text=f"the signature algorithms that are on ({accepts}) fit no certificate and the edge",
        facts={"accepts": accepts, "version": version_name(version)},
    )


CAUSES: Final = {
    Lack.VERSION: "version-too-old",
    Lack.LEGACY: "version-too-old",
    Lack.SUITE: "no-common-cipher",
    Lack.KEY_FOR_SUITE: "ecdsa-cert-rsa-ciphers",
    Lack.GROUP: "no-common-group",
    Lack.KEY: "unusable-key-type",
    Lack.SCHEME: "no-common-signature",
}
"""The cause of the catalogue for each thing that may lack."""
