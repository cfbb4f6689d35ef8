"""What a hello and nginx's settings have not in common, with the directive that says so; and what
of the settings the files leave open, as versions of nginx differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.model.registry import TLS13
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault
from cf525.servers.handshake import Lack, Refusal, Settings, meet, rests_beyond
from cf525.servers.nginx.check import pairs
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import (
    Server,
)
from cf525.servers.nginx.tls import commands, groups, protocols, settings_of
from cf525.servers.openssl import CIPHERS, CURVES
from cf525.servers.question import Question
from cf525.servers.tree import Directive

AGE: Final = "nginx has TLS 1.3 on by itself since 1.23.4; an older one has not"
NEWER: Final = (
    "nginx takes ssl_protocols from the default server of the socket before 1.29.2, and from the "
    "named one since: which version runs is not known"
)


def lacking(
    refusal: Refusal,
    default: Server,
    server: Server,
    leaves: Sequence[Certificate],
    question: Question,
    mender: Mender,
) -> Fault:
    lack = refusal.lack
    doubt = ""
    words: tuple[str, ...]
    if lack in (Lack.VERSION, Lack.LEGACY):
        where = protocols(default)[1]
        words = ("ssl_protocols", "TLSv1.2", "TLSv1.3")
    elif lack is Lack.GROUP:
        where, words = groups(default)[1], ("ssl_ecdh_curve", CURVES)
    elif lack is Lack.KEY:
        where, words = next((each for each, _ in pairs(server)), None), ()
    elif lack is Lack.SUITE and refusal.version >= TLS13:
        where, words = commands(default).get("ciphersuites"), ()
    elif lack is Lack.SCHEME:
        where, words = commands(server).get("signaturealgorithms"), ()
    else:
        where, words = server.setting("ssl_ciphers"), ("ssl_ciphers", CIPHERS)
        where = commands(default).get("cipherstring") or where
    if where is not None and where.name == "ssl_conf_command":
        words = ()  # without it the library's own list holds
    if default is not server:
        other = settings_of(default, server, protocols_of=server)
        if not isinstance(meet(other, leaves, question.profile), Refusal):
            doubt = NEWER
    if protocols(default)[1] is None and refusal.version < TLS13:
        doubt = AGE
    edits: tuple[Edit, ...] = ()
    if where is not None and lack is not Lack.KEY:
        edits = mender.replaced(where, *words)
    places = (where.place,) if where is not None else (server.directive.place,)
    return faults.lacking(refusal, places, edits=edits, doubt=doubt)


def of_older(settings: Settings, leaves: Sequence[Certificate], question: Question) -> Settings:
    """The settings with the versions that nginx had on by itself before 1.23.4, where that
    makes a difference: which version runs is not in the files."""
    older = replace(settings, versions=settings.versions - {TLS13})
    one, other = (
        (isinstance(meet(each, leaves, question.profile), Refusal),
         rests_beyond(each, leaves, question.profile))
        for each in (settings, older)
    )  # fmt: skip
    return settings if one == other else older


_FOLLOWED: Final = frozenset(("minprotocol", "maxprotocol", "cipherstring", "ciphersuites"))
"""The commands of ``ssl_conf_command`` whose effect is computed."""


def left_open(
    server: Server, default: Server, own: Sequence[tuple[Directive, Directive | None]]
) -> Iterator[str]:
    """What the files say and what is not followed to its end."""
    names = {**commands(server), **commands(default)}
    others = sorted(each.args[0] for name, each in names.items() if name not in _FOLLOWED)
    if others:
        yield f"what ssl_conf_command {', '.join(others)} changes is not computed"
    if any("$" in each.argument() for pair in own for each in pair if each is not None):
        yield (
            "certificate and key are read by the workers at each handshake, with their rights and "
            "not those of who starts nginx"
        )
