"""HAProxy's rules on the source of a connection: whether the edge's addresses are let in.

Only rules that ask for the address are looked at, and of those on requests only what they settle.
"""

from collections.abc import Iterator

from cf525.model import Status
from cf525.servers import faults
from cf525.servers.admission import doubted, shut_out
from cf525.servers.foretold import Fault
from cf525.servers.haproxy.reader import Config, Line, Section
from cf525.servers.haproxy.rules import Rules
from cf525.servers.library import Library

CLOSING = ("reject", "silent-drop")


def turned_away(
    config: Config, section: Section, library: Library, host: str, *, ends_tls: bool
) -> tuple[Fault | None, str]:
    """The fault of a rule that the edge does not pass, and what is not decided. ``ends_tls`` says
    that the content is what comes behind a handshake."""
    rules = Rules(config, section, library, host, sources=True)
    for kind in ("connection", "session", "content"):
        doubt = ""
        for line in section.all("tcp-request", kind):
            action = line.words[2] if len(line.words) > 2 else ""
            if action not in ("accept", *CLOSING) or not _asks(line, section):
                continue
            holds = rules.holds(line)
            if holds is None:
                doubt = doubt or doubted(" ".join(line.words))
            elif holds and action == "accept":
                break
            elif holds:
                ended = kind == "content" and ends_tls
                when = "behind the handshake" if ended else "before any handshake"
                status = faults.S520 if ended else faults.S525
                how = f"its connections are closed {when}"
                return shut_out([line.place], status=status, how=how), ""
        if doubt and kind != "content":
            return None, doubt
    return _denied(rules, section), ""


def _denied(rules: Rules, section: Section) -> Fault | None:
    """A rule on requests that holds for every one of the edge."""
    for line in section.all("http-request"):
        action = line.words[1] if len(line.words) > 1 else ""
        if not _asks(line, section) or not rules.holds(line):
            continue
        if action == "allow":
            return None
        if action in CLOSING:
            return shut_out([line.place], status=faults.S520, how="its requests are closed")
        if action == "deny":
            code = line.after("deny_status") or line.after("status") or "403"
            how = f"its requests are answered with HTTP {code}"
            return shut_out([line.place], status=Status(f"origin-{code}"), how=how)
    return None


def _asks(line: Line, section: Section) -> bool:
    """Whether a rule asks for the address of the connection."""
    return "src" in line.words or not set(_named(section)).isdisjoint(
        each.lstrip("!") for each in line.words
    )


def _named(section: Section) -> Iterator[str]:
    return (e.words[1] for e in section.all("acl") if e.words[2:3] == ("src",))
