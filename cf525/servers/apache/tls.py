"""Apache's TLS directives as settings, and which of them to blame where nothing is in common."""

from typing import Final

from cf525.model import Place
from cf525.model.registry import TLS10, TLS11, TLS12, TLS13
from cf525.servers.apache.model import Host
from cf525.servers.ciphers import evaluated
from cf525.servers.foretold import Edit
from cf525.servers.handshake import OPENSSL_GROUPS, SUITES13, Lack, Refusal, Settings
from cf525.servers.lines import LineMender
from cf525.servers.openssl import (
    CIPHERS,
    CURVES,
    PROTOCOLS,
    read_groups,
    read_schemes,
    read_suites13,
)
from cf525.servers.tree import Directive

_ALL: Final = frozenset((TLS10, TLS11, TLS12, TLS13))


def settings_of(first: Host, host: Host) -> Settings:
    listed = evaluated(_ciphers(host)[0] or "DEFAULT")
    suites13, _ = _ciphers13(host)
    curves = _command(first, "curves", "groups")
    schemes = _command(host, "signaturealgorithms")
    return Settings(
        versions=_versions(_decides(first, host))[0],
        suites=listed.codes,
        suites13=read_suites13(suites13) if suites13 else SUITES13,
        groups=read_groups(curves.args[1])[0] if curves is not None else OPENSSL_GROUPS,
        schemes=read_schemes(schemes.args[1]) if schemes is not None else None,
        legacy=listed.level == 0,
    )


def _ciphers(host: Host) -> tuple[str, Directive | None]:
    for each in reversed(host.all("SSLCipherSuite")):
        if len(each.args) == 1 or each.args[0].upper() == "SSL":
            text = each.args[-1]
            return ("DEFAULT" if text.startswith("PROFILE=") else text), each
    return "", None


def _ciphers13(host: Host) -> tuple[str, Directive | None]:
    for each in reversed(host.all("SSLCipherSuite")):
        if len(each.args) == 2 and each.args[0].upper() == "TLSV1.3":
            return each.args[1], each
    return "", None


def blame(
    refusal: Refusal, first: Host, host: Host, mender: LineMender
) -> tuple[tuple[Place, ...], tuple[Edit, ...]]:
    lack = refusal.lack
    words: tuple[str, ...] = ("SSLCipherSuite", CIPHERS)
    if lack in (Lack.VERSION, Lack.LEGACY):
        where = _versions(_decides(first, host))[1]
        words = ("SSLProtocol", "-all", "+TLSv1.2", "+TLSv1.3")
    elif lack is Lack.GROUP:
        where = _command(first, "curves", "groups")
        words = ("SSLOpenSSLConfCmd", where.args[0] if where else "Curves", CURVES)
    elif lack is Lack.KEY:
        where, words = host.setting("SSLCertificateFile"), ()
    elif lack is Lack.SUITE and refusal.version >= TLS13:
        where = _ciphers13(host)[1]
        words = ("SSLCipherSuite", "TLSv1.3", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")
    elif lack is Lack.SCHEME:
        where, words = _command(host, "signaturealgorithms"), ()
    else:
        where = _ciphers(host)[1]
    if where is None:
        return (host.directive.place,), ()
    if lack is Lack.SCHEME:
        return (where.place,), mender.removed(where.place)
    edits = mender.words(where.place, (where.name, *where.args), words) if words else ()
    return (where.place,), edits


def _decides(first: Host, host: Host) -> Host:
    """Whose ``SSLProtocol`` counts: the named host's where it has one at all, else the first's."""
    return host if host.setting("SSLProtocol") is not None else first


def _versions(host: Host) -> tuple[frozenset[int], Directive | None]:
    """The versions a host has on, and the directive that says so."""
    found = host.setting("SSLProtocol")
    on = set(_ALL)
    if found is not None:
        on = set()
        for word in found.args:
            sign, name = (word[0], word[1:]) if word[0] in "+-" else ("", word)
            codes = (
                _ALL
                if name.lower() == "all"
                else frozenset(
                    code for known, code in PROTOCOLS.items() if known.lower() == name.lower()
                )
            )
            on = on - codes if sign == "-" else on | codes if sign == "+" else set(codes)
    least, most = _command(host, "minprotocol"), _command(host, "maxprotocol")
    for bound, low in ((least, True), (most, False)):
        value = PROTOCOLS.get(bound.args[1]) if bound is not None else None
        if value is not None:
            found = bound
            on = {each for each in on if (each >= value if low else each <= value)}
    return frozenset(on), found


def _command(host: Host, *names: str) -> Directive | None:
    """The ``SSLOpenSSLConfCmd`` of one of these names."""
    for each in reversed(host.all("SSLOpenSSLConfCmd")):
        if len(each.args) == 2 and each.args[0].lower() in names:
            return each
    return None
