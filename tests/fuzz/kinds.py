"""The kinds of hostile input, each with what makes one case and carries it to its reader."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from tests.fuzz import (
    answers,
    certificates,
    configurations,
    dns,
    expressions,
    handshakes,
    http,
    kept,
)

Attack = Callable[[Random], str]
"""Makes one case and asserts what must hold; says how it ended."""

KINDS: Final[Mapping[str, Attack]] = {
    "records": handshakes.records,
    "wire": handshakes.on_the_wire,
    "handshakes": handshakes.attack,
    "http": http.attack,
    "dns": dns.attack,
    "certificates": certificates.attack,
    "answers": answers.attack,
    "expressions": expressions.attack,
    "kept": kept.attack,
    "configurations": configurations.attack,
}
