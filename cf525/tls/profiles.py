"""Diagnostic ClientHellos: the edge's with one thing changed, and permissive ones.

Derivations change exactly what they are named after and keep the rest consistent, so that the
answer tells about that one thing. The permissive profiles exist to get at the certificate of
an origin that has nothing in common with the edge.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cf525.edge.profile import SIGNATURE_ALGORITHMS, ClientProfile
from cf525.model.registry import (
    GROUPS,
    P256,
    SIGNATURE_SCHEMES,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    X25519,
    extension_name,
    suite_name,
    version_name,
)
from cf525.tls.ffdhe import FFDHE
from cf525.tls.keys import is_post_quantum
from cf525.tls.suites import KeyExchange, known_suites, suite

_TLS13_ONLY_GROUPS: Final = frozenset({31, 32, 33})  # brainpool under its TLS 1.3 numbers
_WITHDRAWN_GROUPS: Final = frozenset({0x6399})  # Kyber drafts: a server with nothing else is none

# The edge's own first: a server that takes the client's order should sign as it would for it.
_EDGE_ALGORITHMS: Final = tuple(fact.code for fact in SIGNATURE_ALGORITHMS)
_ALL_SIGNATURE_ALGORITHMS: Final = _EDGE_ALGORITHMS + tuple(
    code for code in SIGNATURE_SCHEMES if code not in _EDGE_ALGORITHMS
)


def only_version(profile: ClientProfile, version: int) -> ClientProfile:
    """The same offer for one version: without what that version cannot negotiate."""
    groups = profile.groups
    if version < TLS13:
        groups = tuple(group for group in groups if not _needs_tls13(group))
    return replace(
        profile,
        name=f"{profile.name}, {version_name(version)} only",
        versions=(version,),
        suites=tuple(code for code in profile.suites if version in suite(code).versions),
        groups=groups,
        key_shares=tuple(group for group in profile.key_shares if group in groups),
        record_version=SSL3 if version == SSL3 else profile.record_version,
    )


def with_suites(profile: ClientProfile, suites: Sequence[int]) -> ClientProfile:
    return replace(profile, name=f"{profile.name}, other suites", suites=tuple(suites))


def with_groups(profile: ClientProfile, groups: Sequence[int]) -> ClientProfile:
    """Key shares stay where their group is still offered; without any, the first gets one."""
    shares = tuple(group for group in profile.key_shares if group in groups) or tuple(groups[:1])
    return replace(
        profile, name=f"{profile.name}, other groups", groups=tuple(groups), key_shares=shares
    )


def with_signature_algorithms(profile: ClientProfile, algorithms: Sequence[int]) -> ClientProfile:
    return replace(
        profile,
        name=f"{profile.name}, other signature algorithms",
        signature_algorithms=tuple(algorithms),
    )


def with_alpn(profile: ClientProfile, alpn: Sequence[str]) -> ClientProfile:
    protocols = " ".join(alpn) or "none"
    return replace(profile, name=f"{profile.name}, ALPN {protocols}", alpn=tuple(alpn))


def without_extensions(profile: ClientProfile, left_out: Sequence[int]) -> ClientProfile:
    """The same offer without these extensions, which changes its length with them."""
    rest = tuple(kind for kind in profile.extensions if kind not in left_out)
    names = ", ".join(extension_name(kind) for kind in left_out)
    return replace(profile, name=f"{profile.name}, without {names}", extensions=rest)


def without_post_quantum(profile: ClientProfile) -> ClientProfile:
    classical = [group for group in profile.groups if not is_post_quantum(group)]
    return replace(with_groups(profile, classical), name=f"{profile.name}, no post-quantum")


def without(profile: ClientProfile, kind: str, left_out: Sequence[int]) -> ClientProfile:
    """The offer without these code points of one kind, so that an answer names another one.

    Groups and signatures exist with an ephemeral exchange alone: other suites would let a
    server that has no further one go on without.
    """
    if kind == "suites":
        return with_suites(profile, [code for code in profile.suites if code not in left_out])
    if kind == "groups":
        groups = [code for code in profile.groups if code not in left_out]
        suites = [code for code in profile.suites if _usable(code, groups)]
        return with_groups(with_suites(profile, suites), groups)
    algorithms = [code for code in profile.signature_algorithms if code not in left_out]
    suites = [code for code in profile.suites if _usable(code, profile.groups)]
    return with_signature_algorithms(with_suites(profile, suites), algorithms)


def _usable(code: int, groups: Sequence[int]) -> bool:
    """Whether the suite exchanges keys in one of these groups (RFC 7919 section 4)."""
    match suite(code).exchange:
        case KeyExchange.ECDHE:
            return any(group not in FFDHE for group in groups)
        case KeyExchange.DHE:
            return any(group in FFDHE for group in groups)
        case exchange:
            return exchange is KeyExchange.ANY


def permissive13() -> ClientProfile:
    """TLS 1.3 with everything the registry knows."""
    return ClientProfile(
        name="permissive TLS 1.3",
        versions=(TLS13,),
        suites=known_suites(TLS13),
        groups=tuple(
            sorted(
                (code for code in GROUPS if code not in _WITHDRAWN_GROUPS),
                key=_usual_groups_first,
            )
        ),
        key_shares=(X25519,),
        signature_algorithms=_ALL_SIGNATURE_ALGORITHMS,
        alpn=(),
    )


def legacy() -> ClientProfile:
    """TLS 1.0 to 1.2 with everything the registry knows that comes with a certificate."""
    return ClientProfile(
        name="legacy",
        versions=(TLS12, TLS11, TLS10),
        suites=_with_certificate(known_suites(TLS12)),
        groups=tuple(
            sorted(
                (code for code in GROUPS if not _needs_tls13(code)),
                key=_usual_groups_first,
            )
        ),
        key_shares=(),
        signature_algorithms=_ALL_SIGNATURE_ALGORITHMS,
        alpn=(),
    )


def ssl3() -> ClientProfile:
    """SSLv3 and nothing else. Its handshake is followed as far as the certificate."""
    return ClientProfile(
        name="SSLv3",
        versions=(SSL3,),
        suites=_with_certificate(known_suites(SSL3)),
        groups=(),
        key_shares=(),
        signature_algorithms=(),
        session_id=False,
        record_version=SSL3,
    )


def _needs_tls13(group: int) -> bool:
    return is_post_quantum(group) or group in _TLS13_ONLY_GROUPS


def _usual_groups_first(group: int) -> int:
    """A server that takes the client's order should not be led to an odd group."""
    return 0 if group in (X25519, P256) else 1


def unencrypted() -> tuple[int, ...]:
    """The suites of TLS 1.2 and older that come with a certificate and leave the channel in the
    clear: old lists hold them, and no profile here goes on with one."""
    return tuple(
        code
        for code in known_suites(TLS12)
        if suite(code).authentication != "anonymous" and "NULL" in suite_name(code)
    )


def _with_certificate(suites: Sequence[int]) -> tuple[int, ...]:
    """Without anonymous suites, and without those that would leave the channel unencrypted."""
    return tuple(
        code
        for code in suites
        if suite(code).authentication != "anonymous" and "NULL" not in suite_name(code)
    )
