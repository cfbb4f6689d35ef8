"""Where a name is put that no server with TLS has: the edit that makes nginx answer for it.

A server with TLS whose certificate covers the name takes it; else the server that has the name in
clear gets TLS, where a certificate for it is found among the files. Without such a certificate
there is no edit: one has to be issued first.
"""

import posixpath
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from cf525.servers.certificates import Loaded, covers
from cf525.servers.foretold import Edit
from cf525.servers.nginx.check import Checker, pairs
from cf525.servers.nginx.model import Server
from cf525.servers.question import Question
from cf525.servers.swap import pair_for
from cf525.servers.tree import Directive

MOST: Final = 8
"""Pairs of other servers that are tried."""
ASKED: Final = "$ssl_server_name"
OF_MAP: Final = "$certificate_of_name"
LIVE = "/etc/letsencrypt/live/*/fullchain.pem"


def with_name(servers: Sequence[Server], question: Question, checker: Checker) -> tuple[Edit, ...]:
    """The edit, empty where there is none to make."""
    in_clear = next(
        (each for each in servers if any(name == question.host for name, _ in each.names)), None
    )
    for server in servers:
        if server is in_clear or not _speaks_tls(server, question.port):
            continue
        if server.on("ssl_reject_handshake"):
            continue
        if any(_good(checker, each, question.host) for each, _ in pairs(server)):
            return _add_name(server, question.host, checker)
    if in_clear is None:
        return ()
    found = next(_pairs_for(servers, question.host, checker), None)
    if found is None:
        return ()
    statements = [f"listen {question.port} ssl;"]
    if _speaks_tls(in_clear, question.port):
        statements = []
    own = list(pairs(in_clear))
    if own and _good(checker, own[0][0], question.host):
        lines = statements
    else:
        certificate, key = found
        lines = [*statements, f"ssl_certificate {certificate};", f"ssl_certificate_key {key};"]
    return checker.mender.inserted(in_clear.directive, *lines)


def with_certificate(
    server: Server,
    others: Sequence[tuple[Directive, Directive | None]],
    question: Question,
    checker: Checker,
) -> tuple[Edit, ...]:
    """A server that has the name and no certificate gets one that is found beside ``others``."""
    if list(pairs(server)):
        return ()
    beside = [checker.path(each.argument()) for each, _ in others[:3] if "$" not in each.argument()]
    found = pair_for(checker.library, beside, (question.host,)) if beside else None
    if found is None:
        return ()
    lines = (f"ssl_certificate {found[0]};", f"ssl_certificate_key {found[1]};")
    return checker.mender.inserted(server.directive, *lines)


def of_another(
    server: Server,
    own: Sequence[tuple[Directive, Directive | None]],
    servers: Sequence[Server],
    question: Question,
    checker: Checker,
) -> Iterator[tuple[Edit, ...]]:
    """The pairs for the name that other servers have, in place of the server's own one."""
    block = server.directive.block or ()
    if len(own) != 1 or own[0][1] is None or any(each not in block for each in own[0]):
        return
    certificate, key = own[0]
    assert key is not None
    written = (certificate.argument(), key.argument())
    found = dict.fromkeys(_pairs_for(servers, question.host, checker))
    for file, its_key in islice((each for each in found if each != written), MOST):
        yield (
            *checker.mender.replaced(certificate, certificate.name, file),
            *checker.mender.replaced(key, key.name, its_key),
        )


def by_map(
    server: Server,
    own: Sequence[tuple[Directive, Directive | None]],
    question: Question,
    checker: Checker,
) -> tuple[Edit, ...]:
    """The file of another name (a wildcard's) for one whose own file is missing, by a map: where
    both files are named after the name in the hello."""
    certificate, key = own[0]
    if key is None or len(own) > 1 or certificate.argument().count("$") != 1:
        return ()
    written = (certificate.argument(), key.argument())
    parts = [each.split(ASKED) for each in written]
    near = checker.path(written[0].replace(ASKED, question.host))
    found = pair_for(checker.library, (near,), (question.host,))
    if found is None or any(len(each) != 2 for each in parts):
        return ()
    stems = {
        path[len(checker.path(head)) : len(path) - len(tail)]
        for path, (head, tail) in zip(found, parts, strict=True)
        if path.startswith(checker.path(head)) and path.endswith(tail)
    }
    files = {each.file for each in (certificate, key)}
    if len(stems) != 1 or files != {server.directive.file}:
        return ()
    line = server.directive.line
    entries = f"default {ASKED}; {question.host} {stems.pop()};"
    new = (f"map {ASKED} {OF_MAP} {{ {entries} }}",)
    edits = [Edit(file=server.directive.file, first=line, last=line - 1, lines=new)]
    for each in (certificate, key):
        edits += checker.mender.replaced(each, each.name, each.argument().replace(ASKED, OF_MAP))
    return tuple(edits)


def _speaks_tls(server: Server, port: int) -> bool:
    return any(each.port == port and "ssl" in each.flags for each in server.listens)


def _good(checker: Checker, directive: Directive, host: str) -> bool:
    if "$" in directive.argument():
        return False
    return _covers(checker.load(checker.path(directive.argument())), host)


def _covers(loaded: Loaded, host: str) -> bool:
    return loaded.leaf is not None and not loaded.refused and covers(loaded.leaf, host)


def _add_name(server: Server, host: str, checker: Checker) -> tuple[Edit, ...]:
    names = server.directive.first("server_name")
    if names is None:
        return checker.mender.inserted(server.directive, f"server_name {host};")
    return checker.mender.replaced(names, "server_name", *names.args, host)


def _pairs_for(servers: Sequence[Server], host: str, checker: Checker) -> Iterator[tuple[str, str]]:
    """Certificate and key files for a name, of the configuration and of certbot's folder."""
    for server in servers:
        for certificate, key in pairs(server):
            if key is not None and _good(checker, certificate, host):
                yield certificate.argument(), key.argument()
    for path in checker.library.matching(LIVE):
        if _covers(checker.load(path), host):
            yield path, posixpath.join(posixpath.dirname(path), "privkey.pem")
