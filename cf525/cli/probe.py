"""``cf525 probe``: one connection as the edge would make it, message by message."""

import shlex
from enum import StrEnum
from typing import Annotated, ClassVar

import typer

from cf525.cli import exit_status
from cf525.cli.groups import Group, grouped
from cf525.cli.options.output import Output
from cf525.cli.options.where import Network, Way
from cf525.cli.output import progress, say
from cf525.values import dataclass


class PostQuantumChoice(StrEnum):
    SUPPORTED = "supported"
    PREFERRED = "preferred"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Offer(Group):
    """What the one handshake offers and asks."""

    panel: ClassVar[str] = "Handshake"

    sni: Annotated[
        str | None,
        typer.Option(
            "--sni",
            metavar="NAME",
            help="Send this name in the ClientHello in place of the hostname.",
        ),
    ] = None
    alpn: Annotated[
        str, typer.Option("--alpn", metavar="LIST", help="Protocols to offer; empty for none.")
    ] = "h2,http/1.1"
    post_quantum: Annotated[
        PostQuantumChoice,
        typer.Option("--post-quantum", help="How the hybrid key agreement is offered."),
    ] = PostQuantumChoice.SUPPORTED
    request: Annotated[
        bool, typer.Option("--request/--no-request", help="Ask for / behind the handshake.")
    ] = False
    emit: Annotated[
        bool, typer.Option("--emit", help="Print a command that does this on another host.")
    ] = False

    @property
    def protocols(self) -> tuple[str, ...]:
        return tuple(each.strip() for each in self.alpn.split(",") if each.strip())


@dataclass(frozen=True, kw_only=True)
class OneProbe(Network):
    """The network of one connection, which need not wait as long as a diagnosis."""

    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="S", min=0.1, max=600.0, help="Seconds for all of it."),
    ] = 5.0


class ProbeOutput(Output):
    """The output of a probe."""

    kind: ClassVar[str] = "probe"


@grouped
def probe(
    target: Annotated[
        str,
        typer.Argument(metavar="HOST|ADDR[:PORT]", help="A hostname, or an address to connect to."),
    ],
    offer: Offer,
    network: OneProbe,
    way: Way,
    results: ProbeOutput,
) -> int:
    """Shake hands once with the edge's ClientHello and show the whole exchange.

    No account is read and nothing is judged but the handshake: where it completes the exit status
    is 0, and the status is unknown, as the certificate is not judged. A hostname is resolved by
    DNS; if it is proxied, that is Cloudflare's edge and not the origin: give the origin's address.
    """
    from cf525.cli.run import run
    from cf525.jobs.probe import SingleProbe, completes, probe_once
    from cf525.model.parsing import parse_hostname

    if offer.emit:
        results.destination("command").write(emitted(target, offer.sni))
        return exit_status.OK
    job = SingleProbe(
        place=target,
        sni=parse_hostname(offer.sni) if offer.sni else None,
        alpn=offer.protocols,
        post_quantum=offer.post_quantum.value,
        request=offer.request,
        connect_to=network.redirections,
        resolver=network.resolver_address,
        timeout=network.timeout,
        reach=way.reach,
    )
    destination = results.destination()
    with progress(f"probing {target}", quiet=results.quiet):
        report, remarks = run(probe_once(job))
    for remark in () if results.quiet else remarks:
        say(remark)
    destination.write(report)
    done = all(completes(each) for each in report.observations)
    return exit_status.OK if done else exit_status.of_report(report)


def emitted(place: str, sni: str | None) -> list[str]:
    """Commands that make the same probe on the origin host, where nothing need be installed."""
    name = ["--sni", sni] if sni else []
    words = ["probe", place, *name, "--request", "--format", "json"]
    command = shlex.join([*words, "-o", "cf525-observation.json"])
    return [
        "# On the origin host; the single file of `make dist` needs Python 3.11 and no pip there:",
        f"./cf525 {command}",
        "# Where cf525 is installed on it:",
        f"cf525 {command}",
        "# Then here, with the file it wrote:",
        f"cf525 diagnose {shlex.quote(sni or place)} --observation cf525-observation.json",
    ]
