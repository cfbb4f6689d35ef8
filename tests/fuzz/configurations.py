"""Configurations of every server that is read, changed until no server would take most of them."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Final

from cf525.errors import Cf525Error
from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS, recognised
from tests.fuzz.mutations import text_mutated
from tests.lint import apache_trees, caddy_trees, haproxy_trees, manifest_trees, nginx_broken

_WORDS: Final = (
    *("include *;", "include main;", "server {", "}", "map $ssl_server_name $x {", "~(a*)*b 1;"),
    *("ssl_certificate $x;", "ssl_ciphers ALL:!a:@SECLEVEL=9;", "listen 0:x ssl;", "if ($a) {"),
    *("<VirtualHost *:443>", "</VirtualHost>", "Include main", "Define X ${X}", "<IfDefine X>"),
    *(
        "SSLProtocol all -x +",
        "bind :443 ssl crt /",
        "frontend x",
        "default_backend y",
        "crt-list l",
    ),
    *("&a [*a, *a]", "<<: *a", "- - - -", "? {}", "!!python/object:x", "tls {", "import main"),
    *("{{", "%{x}", "\\", "\x00", "é", "${", "$(", "key: |", "---", "[", "]", "{", '"', "'", "#"),
)
_QUESTIONS: Final = (
    Question(host="www.example.com"),
    Question(host="a.b.example.com", mode="full", port=8443, address="2001:db8::1", keys=True),
)


@cache
def _sound() -> "tuple[tuple[str, dict[str, str]], ...]":
    return tuple(_trees())


def _trees() -> "Iterator[tuple[str, dict[str, str]]]":
    for kind, trees in (
        ("nginx", nginx_broken.TREES),
        ("apache", apache_trees.TREES),
        ("haproxy", haproxy_trees.TREES),
        ("caddy", caddy_trees.TREES),
        ("", manifest_trees.CASES),
    ):
        for tree in trees:
            texts = {
                f"/c/{name}": each for name, each in tree.files.items() if isinstance(each, str)
            }
            named = kind or next(
                (found for each in texts.values() if (found := recognised(each))), ""
            )
            if texts and named in KINDS:
                yield named, texts


def attack(dice: Random) -> str:
    """Files of one tree, one of them changed: foretold, or told why not, and never an exception."""
    kind, texts = dice.choice(_sound())
    name = dice.choice(list(texts))
    changed = text_mutated(texts[name], dice, _WORDS).replace("PORT", "443")
    recognised(changed)
    library = Given({**texts, name: changed, "/c/main": changed}, complete=dice.random() < 0.5)
    try:
        found = KINDS[kind].judge(library, (name,), dice.choice(_QUESTIONS))
    except Cf525Error:
        return f"{kind} refused"
    assert all(each.cause for each in found.faults)
    return f"{kind} {'faults' if found.faults else 'none'}"
