"""The options by which a diagnosis looks from elsewhere, more often, and keeps what it saw."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.jobs.replay import Transcript
    from cf525.model import LoggedCertificate, Report, Target
    from cf525.probe.reach import Reach

ViaOption = Annotated[
    str | None,
    typer.Option(
        "--via",
        metavar="URL",
        help="Connect through ssh://user@bastion, socks5://host:port or http://host:port.",
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", metavar="ADDR", help="Connect from this address of the machine."),
]
ClientCertOption = Annotated[
    Path | None,
    typer.Option(
        "--client-cert",
        metavar="FILE",
        help="Show the origin this client certificate (PEM), as the edge would.",
    ),
]
ClientKeyOption = Annotated[
    Path | None,
    typer.Option("--client-key", metavar="FILE", help="Its key, when it is in another file."),
]
RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat", metavar="N", help="Ask each address N times, then a few times at once."
    ),
]
IntervalOption = Annotated[
    float, typer.Option("--interval", metavar="S", help="Seconds between two of these.")
]
ParallelOption = Annotated[
    int, typer.Option("--parallel", metavar="P", help="How many at once; 0 for none.")
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="SPAN",
        help="Ask the account what visitors met since then, and what was changed (6h, 2d).",
    ),
]
EdgeWaitOption = Annotated[
    float,
    typer.Option(
        "--edge-wait",
        metavar="S",
        min=0.1,
        max=150.0,
        help="Seconds to wait for the answer through the edge (25 to see a 522), within --timeout.",
    ),
]
CtOption = Annotated[
    Path | None,
    typer.Option(
        "--ct",
        metavar="FILE",
        help="Certificates logged for the name, as JSON of crt.sh or Cert Spotter: tells a "
        "certificate that was not renewed from one that was not loaded.",
    ),
]
ObservationOption = Annotated[
    list[Path],
    typer.Option(
        "--observation",
        metavar="FILE",
        help="Judge what cf525 probe --format json saw elsewhere. Repeatable.",
    ),
]
TranscriptOption = Annotated[
    Path | None,
    typer.Option(
        "--save-transcript",
        metavar="FILE",
        help="Keep what was sent and received, for cf525 replay; no tokens are in it.",
    ),
]
PcapOption = Annotated[
    Path | None,
    typer.Option(
        "--pcap", metavar="FILE", help="Keep it as pcapng for Wireshark, with its TLS keys."
    ),
]


def reach(
    via: str | None, source: str | None, client_cert: Path | None, client_key: Path | None
) -> "Reach":
    """From where and as whom to connect. Raises UsageError."""
    from cf525.probe.reach import Reach, load_client_certificate, parse_source, parse_via

    if via is not None and source is not None:
        raise UsageError("--via and --source exclude each other", hint="leave out one of them")
    if client_key is not None and client_cert is None:
        raise UsageError("--client-key without --client-cert", hint="add --client-cert FILE")
    found = Reach()
    if via is not None:
        found = Reach(transport=parse_via(via))
    elif source is not None:
        found = Reach(transport=parse_source(source))
    if client_cert is not None:
        found = replace(found, client_certificate=load_client_certificate(client_cert, client_key))
    return found


def refuse_contradictions(observation: Sequence[Path], **others: object) -> None:
    """Options that open connections contradict observations made elsewhere. Raises UsageError."""
    for name, value in others.items():
        if observation and value is not None:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} and --observation exclude each other",
                hint="what was seen elsewhere is judged as it is; nothing is sent to the origin",
            )


def with_series(options: "Options", count: int | None, interval: float, parallel: int) -> "Options":
    """The options with the series that was asked for, if one was. Raises UsageError."""
    from cf525.series.run import Repeat

    if count is None:
        return options
    repeat = Repeat(count=count, interval=interval, parallel=parallel)
    return replace(options, repeat=repeat)


def logged(path: Path | None) -> "tuple[LoggedCertificate, ...] | None":
    """The certificates of a transparency search's answer. Raises UsageError."""
    from cf525.pki.transparency import MOST_BYTES, parse

    if path is None:
        return None
    try:
        with path.open("rb") as opened:
            return parse(opened.read(MOST_BYTES))
    except OSError:
        raise UsageError(f"--ct {path} is not a readable file") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"--ct {path} is not the answer of a certificate search",
            hint="save https://crt.sh/?q=HOST&output=json and give that file",
        ) from None


def origins_seen(paths: Sequence[Path]) -> list[str]:
    """The places of observations made elsewhere, in the form of --origin."""
    from cf525.diagnosis.elsewhere import load_observations

    return [
        f"[{seen.address}]:{seen.port}" if ":" in seen.address else f"{seen.address}:{seen.port}"
        for seen in load_observations(paths)
    ]


async def diagnosed(
    target: "Target", options: "Options", *, transcript: Path | None, pcap: Path | None
) -> "Report":
    """The report; what was sent and received goes to the files that were named."""
    from cf525.jobs.diagnose import diagnose

    if transcript is None and pcap is None:
        return await diagnose(target, options)
    from cf525.jobs.replay import recorded

    report, kept = await recorded(target, options)
    save(kept, transcript, pcap)
    return report


def save(kept: "Transcript", transcript: Path | None, pcap: Path | None) -> None:
    """Write a transcript, a capture, or both. Raises UsageError."""
    from cf525.jobs.replay import to_text
    from cf525.probe.pcap import pcapng

    try:
        if transcript is not None:
            transcript.write_text(to_text(kept), "utf-8")
        if pcap is not None:
            pcap.write_bytes(pcapng(kept.probes))
    except OSError as fault:
        raise UsageError(f"cannot write {fault.filename}") from None


def emitted(place: str, sni: str | None) -> str:
    """Commands that make the same probe on another host, which needs Python and nothing else."""
    import shlex

    from cf525.version import __version__

    name = ["--sni", sni] if sni else []
    words = ["probe", place, *name, "--request", "--format", "json"]
    command = shlex.join([*words, "-o", "cf525-observation.json"])
    version = __version__
    return (
        "# On the origin host, whichever of the two is there:\n"
        f"uvx cf525@{version} {command}\n"
        f"pipx run --spec cf525=={version} cf525 {command}\n"
        "# Then here, with the file it wrote:\n"
        f"cf525 diagnose {shlex.quote(sni or place)} --observation cf525-observation.json\n"
    )
