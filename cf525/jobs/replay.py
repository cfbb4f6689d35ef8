"""A diagnosis as a file: what was planned, sent and received, to be judged again offline.

The file can go to a ticket: it holds no token, no cookie and no private key that lives longer
than the probe. It does hold host names, origin addresses and what the origin answered. Replaying
runs the very same scripts and rules over the recorded bytes, so that a newer version of this
program may come to a better verdict on an old fault.
"""

import asyncio
import json
import tempfile
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cf525.conclusion.unknowns import WARP
from cf525.diagnosis.beside import Asking
from cf525.diagnosis.gather import Clock
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import load_trust
from cf525.diagnosis.routes import RoutePlan, nothing_known
from cf525.edgeview.reading import read_visit
from cf525.edgeview.visit import VISIT_ID, Visited
from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.jobs.diagnose import diagnose, examine
from cf525.model import Renewal, Report, Route, Target, Unknown, Visit, VisitOutcome, ZoneFacts
from cf525.model.decoding import decode
from cf525.patterns import lazy_pattern
from cf525.probe.reach import Reach
from cf525.probe.recording import Player, Recorded, Recorder, stand_in
from cf525.report.plain import from_plain, to_plain
from cf525.series.run import Repeat
from cf525.values import dataclass
from cf525.version import __version__

SCHEMA: Final = "cf525.transcript/1"
MOST_BYTES: Final = 256 << 20
MOST_VALUES: Final = 4_000_000
PATIENCE: Final = 600.0
_ROUTE: Final = lazy_pattern(r"r[1-9][0-9]{0,5}")
_SENTENCE: Final = lazy_pattern(r"(?:[A-Z][A-Za-z0-9_ ,.:;()'/=+?-]*)?")
"""No sign that a shell acts on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All that a verdict rested on. ``trust`` are the PEM files given by hand."""

    tool_version: str
    started_at: datetime
    target: Target
    routes: tuple[Route, ...]
    probes: tuple[Recorded, ...]
    schema: str = SCHEMA
    zone: ZoneFacts | None = None
    unknowns: tuple[Unknown, ...] = ()
    errors: tuple[str, ...] = ()
    trust_anchors: tuple[str, ...] = ()
    at: datetime | None = None
    trust: tuple[str, ...] = ()
    trust_only: bool = False
    deep: bool = False
    server: str = ""
    repeat: Repeat | None = None
    visit: Visit | None = None
    renewal: Renewal | None = None


async def recorded(target: Target, options: Options) -> tuple[Report, Transcript]:
    """Diagnose as always and keep the transcript of it."""
    recorder = Recorder(options.reach)
    plans: list[RoutePlan] = []
    report = await diagnose(target, options, runner=recorder.run, planned=plans.append)
    plan = plans[0]
    warp = tuple(each for each in report.unknowns if each.id == WARP)
    transcript = Transcript(
        tool_version=__version__,
        started_at=report.started_at,
        target=target,
        routes=plan.routes,
        probes=recorder.recorded,
        zone=plan.zone,
        unknowns=(*warp, *plan.unknowns),
        errors=plan.errors,
        trust_anchors=plan.trust_anchors,
        at=options.at,
        trust=tuple(each.read_text("ascii", "replace") for each in options.trust_files),
        trust_only=options.trust_only,
        deep=options.deep,
        server=options.server,
        repeat=options.repeat,
        visit=report.visit,
        renewal=report.renewal,
    )
    return report, transcript


def to_text(transcript: Transcript) -> str:
    """The file's content: JSON."""
    return json.dumps(to_plain(transcript), separators=(",", ":"), ensure_ascii=False) + "\n"


def load(path: Path) -> Transcript:
    """Read a transcript. Raises UsageError when the file is none."""
    hint = "give a file that cf525 diagnose --save-transcript wrote"
    try:
        with open_given(path) as opened:
            plain = decode(opened.read(MOST_BYTES), most=MOST_VALUES)
        if plain["schema"] != SCHEMA:
            raise UsageError(f"{path} is no transcript of the form {SCHEMA}", hint=hint)
        return _checked(from_plain(Transcript, plain))
    except (OSError, KeyError, TypeError, ValueError, RecursionError, StopIteration):
        raise UsageError(f"{path} is not a readable transcript", hint=hint) from None


def _checked(kept: Transcript) -> Transcript:
    """The transcript, where its routes are such as this program makes. Raises ValueError."""
    ids = [route.id for route in kept.routes]
    if len(set(ids)) < len(ids) or not all(_ROUTE.fullmatch(id) for id in ids):
        raise ValueError("routes without ids of their own")
    for route in kept.routes:
        if route.address is not None:
            ip_address(route.address)
        if not 0 < route.port < 65_536:
            raise ValueError("no such port")
    return replace(kept, unknowns=tuple(_told(each, kept.target) for each in kept.unknowns))


def _told(unknown: Unknown, target: Target) -> Unknown:
    """An open question with what to do only where that is a sentence, or a command of our own: it
    is printed to be carried out, and a file may be anybody's."""
    (own,) = nothing_known(target, Options()).unknowns
    if unknown.id == own.id:
        return own
    return unknown if _SENTENCE.fullmatch(unknown.next) else replace(unknown, next="")


async def replay(transcript: Transcript, *, at: datetime | None = None) -> Report:
    """Judge a transcript again, as of when it was made or as of ``at``. Nothing is sent."""
    reach = Reach()
    shown = next((each for each in transcript.probes if each.client_chain), None)
    if shown is not None:
        reach = Reach(client_certificate=stand_in(shown))
    repeat = transcript.repeat
    options = Options(
        edge=False,
        fetch=False,
        timeout=PATIENCE,
        deep=transcript.deep,
        server=transcript.server,
        trust_only=transcript.trust_only,
        reach=reach,
        repeat=replace(repeat, interval=0.0) if repeat is not None else None,
    )
    with tempfile.TemporaryDirectory(prefix="cf525-replay-") as folder:
        files = []
        for number, pem in enumerate(transcript.trust):
            files.append(Path(folder) / f"{number}.pem")
            files[-1].write_text(pem, "ascii", "replace")
        options = replace(options, trust_files=tuple(files))
        try:
            trust = await asyncio.to_thread(load_trust, options)
        except (OSError, UsageError) as fault:
            raise UsageError("the transcript's trust anchors cannot be read") from fault
        plan = RoutePlan(
            routes=transcript.routes,
            zone=transcript.zone,
            unknowns=transcript.unknowns,
            errors=transcript.errors,
            trust_anchors=transcript.trust_anchors,
        )
        player = Player(transcript.probes)
        return await examine(
            transcript.target,
            plan,
            options=options,
            judge=Judge(trust=trust, at=at or transcript.at or transcript.started_at),
            runner=player.run,
            clock=Clock(started_at=transcript.started_at),
            asking=Asking(
                visit=asyncio.create_task(_visit(transcript, player)) if transcript.visit else None,
                known=transcript.renewal,
            ),
        )


async def _visit(transcript: Transcript, player: Player) -> Visited:
    """The visit read again from its bytes, where there were any."""
    from cf525.edgeview.client import EdgeClient

    known = transcript.visit
    assert known is not None
    if not any(each.route == VISIT_ID for each in transcript.probes):
        return Visited(visit=known)
    visitor = EdgeClient(address=known.address, runner=player.run, deadline=PATIENCE * 1000)
    seen = (await visitor.ask(transcript.target.url, id=VISIT_ID)).observation
    intercepted = known.outcome is VisitOutcome.INTERCEPTED
    return Visited(visit=read_visit(seen, trusted=not intercepted), observation=seen)
