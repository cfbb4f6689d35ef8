"""The next command as a whole: what to type, with the options of the run that it goes on from.

Which commands take which options stands in ``TAKES``; whether a next command is wanted, and where
it stands, is ``screen``'s. A value that may hold a credential is never repeated.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cf525.model import Target
from cf525.patterns import lazy_pattern
from cf525.report.escape import for_terminal
from cf525.values import dataclass

HIDDEN: Final = "HIDDEN"
"""In the place of what is not repeated."""

_ACCESS: Final = ("--token-file", "--token-command", "--profile", "--api-base")
_FIX: Final = frozenset(
    (
        *("--resolver", "--timeout", "--connect-to", "--no-edge", "--edge-wait"),
        *("--trust", "--trust-only", "--no-fetch", "--at"),
        *_ACCESS,
    )
)
_WATCH: Final = frozenset(
    (
        *("--origin", "--mode", "--sni", "--via", "--source", "--client-cert", "--client-key"),
        *("--check-revocation", "--path", "--country", "--header", "--lean"),
        *_FIX,
    )
)
TAKES: Final[Mapping[str, frozenset[str]]] = {
    "watch": _WATCH,
    "fix": _FIX | {"--server"},
    "diagnose": _WATCH | {"--server", "--deep"},
    "verify": frozenset(
        (
            *("--key", "--password-file", "--trust", "--trust-only", "--at", "--no-fetch"),
            *("--check-revocation", "--resolver", "--timeout"),
        )
    ),
}
"""The options that say where, as whom and how is looked, by the command that takes them."""

_PASSWORD: Final = lazy_pattern(r"(://[^/@\s:]*):[^/@\s]*@")
_TOKEN: Final = lazy_pattern(r"(?:(?i:bearer)\s+\S+|(?<![\w./-])[\w-]{30,}(?![\w./-]))")
_OF_A_VISITOR: Final = lazy_pattern(r"(?i)auth|cookie|key|token|secret|session|jwt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What was typed: the command, its arguments, and the options with their values, None
    for one that takes none. Nothing in it where a report comes from elsewhere."""

    command: str = ""
    arguments: tuple[str, ...] = ()
    options: tuple[tuple[str, str | None], ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether the same can be asked again by typing it: not of standard input."""
        return bool(self.command) and "-" not in self.arguments

    def again(self) -> str:
        """The same command once more."""
        return self._typed(self.command, self.arguments, self.options)

    def then(self, command: str, *arguments: str, beside: Iterable[str] = ()) -> str:
        """Another command in the same circumstances; ``beside`` are options it has already."""
        taken = TAKES[command] - set(beside)
        given = [each for each in self._seen_from() if each[0] in taken]
        return self._typed(command, arguments, given)

    def of(self, command: str, target: Target) -> str:
        """Another command for the same target, which may be no host alone."""
        if target.url == f"https://{target.host}/":
            return self.then(command, target.host)
        return self.then(command, target.url, beside=("--path",))

    def with_options(self, command: str) -> str:
        """A command line that was written without them, with the options of the run."""
        try:
            words = shlex.split(command)
        except ValueError:
            return command
        return self.then(words[1], *words[2:]) if words[1:2] and words[1] in TAKES else command

    def _seen_from(self) -> Iterator[tuple[str, str | None]]:
        """The options; ``verify`` names the origin in its argument and has a mode of its own."""
        if self.command == "verify":
            yield from (("--origin", each) for each in self.arguments)
            if not any(name == "--mode" for name, _ in self.options):
                yield "--mode", "strict"
        yield from self.options if self.command != "replay" else ()

    def _typed(
        self,
        command: str,
        arguments: Iterable[str],
        options: Iterable[tuple[str, str | None]],
    ) -> str:
        words = ["cf525", command, *map(shlex.quote, arguments)]
        for name, value in options:
            words += [name] if value is None else [name, shlex.quote(_harmless(name, value))]
        return for_terminal(" ".join(words))


NOTHING_TYPED: Final = Invocation()


def _harmless(option: str, value: str) -> str:
    """The value without what may be a credential."""
    name, colon, _ = value.partition(":")
    if option == "--header" and colon and _OF_A_VISITOR.search(name):
        return f"{name}:{HIDDEN}"
    value = _PASSWORD.sub(rf"\1:{HIDDEN}@", value)
    return _TOKEN.sub(HIDDEN, value) if option in ("--token-command", "--header") else value
