"""Options that say what to look at, over which network, from where and as whom."""

import sys
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Protocol

import typer

from cf525.cli import complete
from cf525.cli.groups import Group
from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.model.parsing import ConnectTo
    from cf525.probe.reach import Reach

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="HOST|URL",
        help="The hostname or URL that visitors ask for.",
        autocompletion=complete.hosts,
    ),
]


class OptionsPart(Protocol):
    """What a group that says something about a diagnosis can do."""

    def onto(self, options: "Options") -> "Options":
        """The options with this group's part in place. Raises UsageError."""


def built(*parts: OptionsPart) -> "Options":
    """All parts together, the later ones knowing the earlier. Raises UsageError."""
    from cf525.diagnosis.options import Options

    options = Options()
    for part in parts:
        options = part.onto(options)
    return options


def read_mode(text: str | None, option: str = "--mode") -> str | None:
    """Cloudflare's value of a mode, however it is written. Raises UsageError for any other."""
    from cf525.edge import modes

    if text is None:
        return None
    found = modes.read_mode(text)
    if found is None:
        hint = f"write one of: {', '.join(modes.NAMES)}, or as the dashboard does"
        raise UsageError(f"{option} {text!r} is not a mode", hint=hint)
    return found


@dataclass(frozen=True, kw_only=True)
class Where(Group):
    """The origin and the mode, where they are not to be read from the account."""

    panel: ClassVar[str] = "Where to look"

    origin: Annotated[
        list[str],
        typer.Option(
            "--origin",
            metavar="ADDR[:PORT]",
            help="Probe this origin in place of those that DNS and the API name. Repeatable.",
        ),
    ] = field(default_factory=list)
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode",
            metavar="MODE",
            autocompletion=complete.modes,
            help="Judge as in this SSL mode: off, flexible, full, strict, origin_pull, or as the "
            "dashboard writes it.",
        ),
    ] = None
    sni: Annotated[
        str | None,
        typer.Option(
            "--sni",
            metavar="NAME",
            help="Send this name in the ClientHello in place of the hostname.",
        ),
    ] = None

    def onto(self, options: "Options") -> "Options":
        from cf525.model.parsing import parse_hostname

        return replace(
            options,
            origins=places(self.origin),
            mode=read_mode(self.mode),
            sni=parse_hostname(self.sni) if self.sni else None,
        )


@dataclass(frozen=True, kw_only=True)
class Resolving(Group):
    """Whom to ask for addresses."""

    panel: ClassVar[str] = "Network"

    resolver: Annotated[
        str | None,
        typer.Option(
            "--resolver",
            metavar="ADDR[:PORT]",
            envvar="CF525_RESOLVER",
            help="Ask this DNS resolver.",
        ),
    ] = None

    @property
    def resolver_address(self) -> tuple[str, int] | None:
        """Address and port of the resolver that was named. Raises UsageError."""
        from cf525.model.parsing import parse_resolver

        return parse_resolver(self.resolver) if self.resolver else None

    def onto(self, options: "Options") -> "Options":
        return replace(options, resolver=self.resolver_address)


@dataclass(frozen=True, kw_only=True)
class Unhurried(Resolving):
    """The same for a job that has nothing to show before its end, and so ends by itself."""

    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="S",
            min=0.1,
            max=600.0,
            help="Give up after so many seconds; else each question has its own time.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Network(Resolving):
    """The same, how long all may take, and where connections go."""

    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", metavar="S", min=0.1, max=600.0, help="Seconds for the whole target."
        ),
    ] = 20.0
    connect_to: Annotated[
        list[str],
        typer.Option(
            "--connect-to",
            metavar="HOST:PORT:ADDR:PORT",
            envvar="CF525_CONNECT_TO",
            help="Connect to ADDR:PORT where HOST:PORT is meant, as in curl. HOST may also be an "
            "origin's address. Repeatable.",
        ),
    ] = field(default_factory=list)

    @property
    def redirections(self) -> "tuple[ConnectTo, ...]":
        """What --connect-to says. Raises UsageError."""
        from cf525.model.parsing import parse_connect_to

        return tuple(parse_connect_to(each) for each in self.connect_to)

    def onto(self, options: "Options") -> "Options":
        return replace(super().onto(options), timeout=self.timeout, connect_to=self.redirections)


@dataclass(frozen=True, kw_only=True)
class Edge(Group):
    """Whether Cloudflare's edge is asked too."""

    panel: ClassVar[str] = "Network"

    no_edge: Annotated[
        bool, typer.Option("--no-edge", help="Send no request through Cloudflare's edge.")
    ] = False

    def onto(self, options: "Options") -> "Options":
        return replace(options, edge=not self.no_edge)


@dataclass(frozen=True, kw_only=True)
class EdgeVisit(Edge):
    """The same, and how long its answer is waited for."""

    edge_wait: Annotated[
        float,
        typer.Option(
            "--edge-wait",
            metavar="S",
            min=0.1,
            max=150.0,
            help="Seconds to wait for the answer through the edge (25 to see a 522), within "
            "--timeout.",
        ),
    ] = 6.0

    def onto(self, options: "Options") -> "Options":
        return replace(super().onto(options), edge_wait=self.edge_wait)


@dataclass(frozen=True, kw_only=True)
class Way(Group):
    """From where to connect, and with which client certificate."""

    panel: ClassVar[str] = "Way and client certificate"

    via: Annotated[
        str | None,
        typer.Option(
            "--via",
            metavar="URL",
            help="Connect through ssh://user@bastion, socks5://host:port or http://host:port.",
        ),
    ] = None
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="ADDR", help="Connect from this address of the machine."),
    ] = None
    client_cert: Annotated[
        Path | None,
        typer.Option(
            "--client-cert",
            metavar="FILE",
            help="Show the origin this client certificate (PEM), as the edge would.",
        ),
    ] = None
    client_key: Annotated[
        Path | None,
        typer.Option("--client-key", metavar="FILE", help="Its key, when it is in another file."),
    ] = None

    @property
    def reach(self) -> "Reach":
        """From where and as whom the probes go out. Raises UsageError."""
        from cf525.probe.reach import Reach, load_client_certificate, parse_source, parse_via

        if self.via is not None and self.source is not None:
            raise UsageError("--via and --source exclude each other", hint="leave out one of them")
        if self.client_key is not None and self.client_cert is None:
            raise UsageError("--client-key without --client-cert", hint="add --client-cert FILE")
        found = Reach()
        if self.via is not None:
            found = Reach(transport=parse_via(self.via))
        elif self.source is not None:
            found = Reach(transport=parse_source(self.source))
        if self.client_cert is not None:
            shown = load_client_certificate(self.client_cert, self.client_key)
            found = replace(found, client_certificate=shown)
        return found

    def onto(self, options: "Options") -> "Options":
        return replace(options, reach=self.reach)


MOST_LIST_BYTES = 1 << 20


def hosts_of_file(path: Path | None) -> list[str]:
    """The hosts of a list, one a line; what follows a # is a remark. Raises UsageError."""
    if path is None:
        return []
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(MOST_LIST_BYTES + 1)
        else:
            with open_given(path) as opened:
                raw = opened.read(MOST_LIST_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text", hint="give hosts, one a line") from None
    if len(raw) > MOST_LIST_BYTES:
        raise UsageError(f"{path} is larger than 1 MiB", hint="give hosts, one a line")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def places(texts: Sequence[str]) -> tuple[tuple[str, int | None], ...]:
    """Addresses in the form of --origin. Raises UsageError."""
    from cf525.model.parsing import parse_origin

    return tuple(parse_origin(each) for each in texts)
