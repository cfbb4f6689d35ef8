"""What the first screen gives to be copied: lines of configuration with their file, and commands.

Says what is copied and how it breaks; where it stands on the screen is ``screen``'s. A shell's
command that is wider than the screen is continued with a backslash, so that it still runs as it
is copied; configuration is never broken.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.model import Config, Remedy, Shell
from cf525.patterns import lazy_pattern
from cf525.report.escape import code, for_terminal
from cf525.report.line import Line

EXAMPLES: Final = "(example file names)"
_EXAMPLE: Final = lazy_pattern(
    r"/etc/(?:ssl|letsencrypt/live|haproxy/certs)/|/certs/|(?<![\w/.-])(?:fullchain|privkey)\.pem"
)
"""Places that a page gives because some place must be given: nothing told them for this server."""
_BLOCKS: Final = {
    "nginx": "the site's server block",
    "Apache": "the site's VirtualHost",
    "HAProxy": "haproxy.cfg",
}
_WORD: Final = lazy_pattern(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+""")


def lines_of(
    remedy: Remedy,
    *,
    indent: int,
    width: int,
    given: Sequence[str] = (),
    whole: Callable[[str], str] = str,
    told: str = "",
) -> Iterator[Line]:
    """The configuration and the commands of a remedy, in order; ``given`` are the files that were
    named, which are no examples. ``whole`` gives a command of ours the options of the run; a
    command that is ``told`` as the next one stands there and not here."""
    lines = [*_told(remedy, indent, width, whole, told)]
    guessed = any(
        _EXAMPLE.search(_without(written, given)) and not written.startswith("--- ")
        for _, written in lines
    )
    first = lines[0][0] if lines else Line("")
    if guessed and first.style == "dim" and len(first.text) + len(EXAMPLES) < width:
        head = replace(first, text=f"{first.text[:-1]} {EXAMPLES}:")
        yield from (head, *(each for each, _ in lines[1:]))
        return
    yield from (each for each, _ in lines)
    if guessed:
        yield Line(f"{' ' * indent}{EXAMPLES}", "dim")


def _told(
    remedy: Remedy, indent: int, width: int, whole: Callable[[str], str], told: str
) -> Iterator[tuple[Line, str]]:
    """The lines, each with what was written where it begins."""
    configured = False
    for part in remedy.parts:
        if isinstance(part, Config):
            where = part.file or _within(part)
            if where:
                yield Line(f"{' ' * indent}in {for_terminal(where)}:", "dim"), ""
            lines: Sequence[str] = part.text.split("\n")
            configured = True
        elif isinstance(part, Shell):
            part = replace(part, commands=tuple(each for each in part.commands if each != told))
            if not part.commands:
                continue
            head = "with certbot:" if _is_certbot(part) else "then:" if configured else ""
            if head:
                yield Line(f"{' ' * indent}{head}", "dim"), ""
            ours = tuple(
                whole(each) if each.startswith("cf525 verify ") else each for each in part.commands
            )
            lines = commands(replace(part, commands=ours), width - indent - 2)
        else:
            continue
        written = "\n".join(part.commands) if isinstance(part, Shell) else part.text
        for number, each in enumerate(lines):
            line = Line(f"{' ' * (indent + 2)}{code(each)}", "cyan")
            yield line, "" if number else written


LOADS: Final = lazy_pattern(r"\b(?:reload|restart|graceful)\b")


def loading(remedy: Remedy, *, indent: int, width: int) -> list[Line]:
    """How the changed configuration is tested and loaded; empty where the remedy does not say."""
    shells = [each for each in remedy.parts if isinstance(each, Shell)]
    if not shells or not LOADS.search(shells[-1].commands[-1]):
        return []
    last = Shell(shell=shells[-1].shell, commands=shells[-1].commands[-1:])
    lines = commands(last, width - indent - 2)
    return [Line(f"{' ' * (indent + 2)}{code(each)}", "cyan") for each in lines]


def _within(part: Config) -> str:
    """Where lines without a file of their own belong; empty where they open a block themselves."""
    opens = part.text.lstrip().startswith(("server {", "map ", "<", "upstream", "stream", "--- "))
    return "" if opens else _BLOCKS.get(part.server, "")


def _is_certbot(part: Shell) -> bool:
    return part.commands[0].startswith("certbot ")


def _without(line: str, given: Sequence[str]) -> str:
    """A line without the files that a person named."""
    for each in given:
        line = line.replace(shlex.quote(each), "")
    return line


def commands(part: Shell, width: int) -> list[str]:
    """The commands, each continued on a further line where it is wider than ``width``."""
    if part.shell != "sh" or any("<<" in each for each in part.commands):
        return list(part.commands)
    return [line for each in part.commands for line in continued(each, width)]


def continued(command: str, width: int) -> list[str]:
    """One command on as many lines as it takes, broken between its words."""
    words = _WORD.findall(command)
    if len(command) <= width or " ".join(words) != command or "#" in words:
        return [command]
    lines, line = [], words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > width - 2:
            lines.append(f"{line} \\")
            line = f"  {word}"
        else:
            line = f"{line} {word}"
    return [*lines, line]


def headed(lines: Sequence[Line], label: str) -> list[Line]:
    """The lines under a label of their own."""
    if not lines:
        return []
    first, *others = lines
    return [Line(first.text.removeprefix(" " * len(label)), first.style, label), *others]
