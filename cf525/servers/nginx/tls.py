"""nginx's TLS directives as settings: which server's value counts for which of them.

``ssl_protocols`` and ``ssl_ecdh_curve`` count as the *default* server of the socket has them,
``ssl_ciphers``, the certificates and ``ssl_verify_client`` as the *named* one does (measured with
nginx 1.22; since 1.29.2 ``ssl_protocols`` follows the name).
"""

from dataclasses import replace
from typing import Final

from cf525.model.registry import TLS10, TLS11, TLS12, TLS13
from cf525.servers.ciphers import evaluated
from cf525.servers.handshake import OPENSSL_GROUPS, SUITES13, Settings
from cf525.servers.nginx.model import Server
from cf525.servers.openssl import PROTOCOLS, read_groups, read_schemes, read_suites13
from cf525.servers.tree import Directive

CIPHERS: Final = "HIGH:!aNULL:!MD5"


def commands(server: Server) -> dict[str, Directive]:
    """The ``ssl_conf_command``s that hold for a server, by the name of the command."""
    found = server.settings("ssl_conf_command")
    return {each.args[0].lower(): each for each in found if len(each.args) >= 2}


def protocols(server: Server) -> tuple[frozenset[int], Directive | None]:
    """The versions a server has on, and the directive that says so."""
    found = server.setting("ssl_protocols")
    if found is None:
        on = frozenset((TLS10, TLS11, TLS12, TLS13))
    else:
        on = frozenset(PROTOCOLS[each] for each in found.args if each in PROTOCOLS)
    listed = commands(server).get("protocol")
    if listed is not None:
        found = listed
        on = _changed(on, listed.args[1])
    least = commands(server).get("minprotocol")
    most = commands(server).get("maxprotocol")
    for bound, keep in ((least, True), (most, False)):
        value = PROTOCOLS.get(bound.args[1]) if bound is not None else None
        if value is not None:
            found = bound
            on = frozenset(each for each in on if (each >= value if keep else each <= value))
    return on, found


def _changed(on: frozenset[int], text: str) -> frozenset[int]:
    """Versions as OpenSSL's ``Protocol`` changes them, word by word."""
    for word in text.split(","):
        bare = word.strip().lstrip("+-")
        every = frozenset((TLS10, TLS11, TLS12, TLS13))
        named = every if bare.upper() == "ALL" else frozenset((PROTOCOLS.get(bare, 0),)) & every
        on = on - named if word.strip().startswith("-") else on | named
    return on


def by_command(server: Server) -> list[tuple[Directive, Directive | None]]:
    """The certificate that ``ssl_conf_command`` puts in place of the server's own."""
    own = commands(server)
    found = [own.get("certificate"), own.get("privatekey")]
    bare = [replace(each, args=each.args[1:]) if each is not None else None for each in found]
    return [(bare[0], bare[1])] if bare[0] is not None else []


def settings_of(default: Server, named: Server, *, protocols_of: Server) -> Settings:
    """The settings in force for a name on a socket."""
    own = commands(named)
    ciphers = named.setting("ssl_ciphers")
    text = ciphers.argument() if ciphers is not None else CIPHERS
    if "cipherstring" in own:
        text = own["cipherstring"].args[1]
    if text.upper().startswith("PROFILE="):
        text = "DEFAULT"
    listed = evaluated(text)
    tls13 = commands(default).get("ciphersuites")
    schemes = own.get("signaturealgorithms")
    return Settings(
        versions=protocols(protocols_of)[0],
        suites=listed.codes,
        suites13=read_suites13(tls13.args[1]) if tls13 is not None else SUITES13,
        groups=groups(default)[0],
        schemes=read_schemes(schemes.args[1]) if schemes is not None else None,
        legacy=listed.level == 0,
    )


def groups(default: Server) -> tuple[tuple[int, ...], Directive | None]:
    """The groups of a socket, and the directive that says so."""
    found = default.setting("ssl_ecdh_curve")
    command = commands(default)
    text = found.argument() if found is not None else "auto"
    for name in ("curves", "groups"):
        if name in command:
            found, text = command[name], command[name].args[1]
    if text == "auto":
        return OPENSSL_GROUPS, found
    return read_groups(text)[0], found
