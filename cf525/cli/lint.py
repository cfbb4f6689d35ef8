"""``cf525 lint``: what the origin's own configuration would answer the edge, and at which line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli import complete, exit_status
from cf525.cli.groups import Group, grouped
from cf525.cli.options.judging import Trust
from cf525.cli.options.output import Output
from cf525.cli.options.where import Unhurried, read_mode
from cf525.cli.output import progress
from cf525.errors import UsageError
from cf525.report import formats
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.probe.transports import Ssh


@dataclass(frozen=True, kw_only=True)
class ToLint(Group):
    """Whose configuration it is, and for which name, port and mode it is judged."""

    panel: ClassVar[str] = "What to judge"

    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="NAME", help="The name visitors ask for.", show_default=False
        ),
    ] = ""
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="NAME",
            help="Whose configuration it is, where that does not show: nginx, apache, haproxy, "
            "caddy, traefik, kubernetes, cloudflared, envoy, iis.",
            autocompletion=complete.linted,
        ),
    ] = None
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="Read every path that the configuration names below this folder: a copied tree, "
            "the root of a container.",
        ),
    ] = None
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="MODE",
            help="Judge as in this SSL mode: off, flexible, full, strict, origin_pull, or as the "
            "dashboard writes it.",
            autocompletion=complete.modes,
        ),
    ] = "strict"
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", min=1, max=65535, help="The port the edge connects to."
        ),
    ] = 443
    keys: Annotated[
        bool,
        typer.Option(
            "--keys",
            help="Read the private keys too, to compare their public half; else of a key's file "
            "the lines before the key alone.",
        ),
    ] = False

    @property
    def name(self) -> str:
        """The name to judge for. Raises UsageError."""
        from cf525.model.parsing import parse_hostname

        if not self.host:
            raise UsageError("which name is to be judged for?", hint="give --host NAME")
        return parse_hostname(self.host)

    @property
    def kind(self) -> str:
        """The server that was named; empty for none. Raises UsageError."""
        return linted(self.server) if self.server is not None else ""


def linted(name: str) -> str:
    """The key of a server whose configuration is read, by its key or its title. Raises
    UsageError."""
    from cf525.servers.registry import KINDS

    wanted = name.strip().lower()
    found = {kind.title.lower(): kind.name for kind in KINDS.values()} | {n: n for n in KINDS}
    if wanted not in found:
        raise UsageError(
            f"--server {name!r} is no server whose configuration is read here",
            hint=f"write one of: {', '.join(KINDS)}",
        )
    return found[wanted]


@dataclass(frozen=True, kw_only=True)
class Beside(Group):
    """From which host to read, and what to lay the files beside."""

    panel: ClassVar[str] = "Where from, and beside what"

    wire: Annotated[
        str | None,
        typer.Option(
            "--wire",
            metavar="ADDR[:PORT]",
            help="Shake hands with the running server too, and say where it differs from its "
            "files.",
        ),
    ] = None
    via: Annotated[
        str | None,
        typer.Option(
            "--via",
            metavar="ssh://[USER@]HOST",
            help="Read the configuration of this host with the system's ssh; keys stay there.",
        ),
    ] = None

    @property
    def place(self) -> tuple[str, int | None] | None:
        """The address of --wire. Raises UsageError."""
        from cf525.model.parsing import parse_origin

        return parse_origin(self.wire) if self.wire is not None else None

    @property
    def host(self) -> "Ssh | None":
        """The host of --via. Raises UsageError."""
        from cf525.probe.reach import parse_via
        from cf525.probe.transports import Ssh

        if self.via is None:
            return None
        found = parse_via(self.via)
        if not isinstance(found, Ssh):
            raise UsageError(
                "--via reads files, and only ssh can", hint="write ssh://user@host, or copy them"
            )
        return found


@dataclass(frozen=True, kw_only=True)
class LintOutput(Output):
    """The output of a lint."""

    kind: ClassVar[str] = "lint"

    diff: Annotated[
        bool,
        typer.Option("--diff", help="Print the patch alone: the same as --format diff."),
    ] = False

    def format(self, kind: str) -> formats.Format:
        patch = formats.find(kind, "diff") if self.diff else None
        return patch or super().format(kind)


@grouped
def lint(
    judged: ToLint,
    beside: Beside,
    trust: Trust,
    network: Unhurried,
    results: LintOutput,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH ...|-]",
            help="The main file, a folder, a manifest, or what a server prints of itself (nginx "
            "-T, caddy adapt, apachectl -t -D DUMP_VHOSTS, netsh http show sslcert); - for "
            "standard input. Without one the usual places of this host.",
        ),
    ] = None,
) -> int:
    """Read the origin's own configuration and point at the line the edge stumbles over.

    Nothing is contacted but what --via and --wire name. Without --keys no private key is read: of a
    key's file only the lines before it (is it encrypted?), and in a file that holds certificates
    too, as HAProxy's, the key's block is skipped unparsed.
    """
    from cf525.cli.run import run
    from cf525.jobs.lint import Lint
    from cf525.jobs.lint import lint as run_lint

    job = Lint(
        host=judged.name,
        paths=tuple(paths or ()),
        server=judged.kind,
        root=judged.root,
        mode=read_mode(judged.mode) or "strict",
        port=judged.port,
        keys=judged.keys,
        wire=beside.place,
        via=beside.host,
        trust_files=trust.files,
        trust_only=trust.trust_only,
        at=trust.moment,
        resolver=network.resolver_address,
    )
    destination = results.destination("lint")
    with progress("reading the configuration", quiet=results.quiet):
        report = run(run_lint(job), within=network.timeout)
    destination.write(report)
    return exit_status.of_report(report)
