"""Files that somebody else may have written: reports, baselines, checkpoints, plans, journals,
transcripts and defaults. They are refused in a sentence, or every renderer survives them.

What is made follows the types of the model, filled with odd texts, numbers and dates; some of it is
changed further, so that it follows them no more.
"""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin
from xml.etree import ElementTree as ET

from cf525.audit.checkpoint import SCHEMA, Head
from cf525.audit.folder import MANIFEST, Manifest, host_of, open_plan
from cf525.audit.planned import Judging, PlannedHost
from cf525.cli.app import COMMANDS
from cf525.cli.audit_results import joined, load_results
from cf525.cli.dotfile import Dotfile, find
from cf525.diagnosis.elsewhere import load_observations
from cf525.errors import Cf525Error
from cf525.fixing.journal import Journal
from cf525.fixing.kept import host_report, read_plan, read_report
from cf525.jobs import replay
from cf525.model import AuditReport, HostRow, PlanShare, Report, Status, Traffic, Unknown
from cf525.model.fix import FixEntry, FixPlan
from cf525.report.formats import Layout, formats_of
from cf525.report.plain import from_plain, hints, to_plain
from cf525.version import __version__
from tests.fuzz.mutations import ODD, odd, text_mutated
from tests.pki.forge import LEAF_DER

_TEXTS: Final = tuple(each for each in ODD if isinstance(each, str) and each != "\ud800")
_SANE: Final = ("www.example.com", "203.0.113.7", "strict", "r1", "o1", "https", "nginx", "full")
_NUMBERS: Final = (0, 1, 2, -1, 20, 112, 443, 0x0304, 0x1301, 1 << 31, (1 << 63) - 1, -(1 << 63))
_TIMES: Final = ("2026-06-01T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")


def plain_of(hint: Any, dice: Random, depth: int = 0) -> Any:
    """Plain data that is of this type, and says what no run of ours ever would."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        some = [each for each in arguments if each is not NoneType]
        if NoneType in arguments and (depth > 6 or dice.random() < 0.4):
            return None
        return plain_of(dice.choice(some), dice, depth)
    if origin is Literal:
        return dice.choice(arguments)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            count = 0 if depth > 6 else dice.choice((0, 1, 1, 2, 3))
            return [plain_of(arguments[0], dice, depth + 1) for _ in range(count)]
        return [plain_of(each, dice, depth + 1) for each in arguments]
    if origin is not None and issubclass(origin, Mapping):
        names = [dice.choice((*_SANE, *_TEXTS)) for _ in range(dice.choice((0, 1, 3)))]
        return {name: plain_of(arguments[1], dice, depth + 1) for name in names}
    if is_dataclass(hint) and hint is not Status:
        kind: Any = hint
        types = hints(kind)
        return {
            each.name: _member(each, types[each.name], dice, depth)
            for each in fields(kind)
            if dice.random() < 0.95 or (each.default is MISSING and each.default_factory is MISSING)
        }
    return _single(hint, dice)


def _member(field: Any, hint: Any, dice: Random, depth: int) -> Any:
    if field.name in ("schema", "kind") and isinstance(field.default, str):
        return field.default
    return plain_of(hint, dice, depth + 1)


def _single(hint: Any, dice: Random) -> Any:
    if hint is Status:
        return dice.choice(("ok", "525", "526", "1002", "unknown", "520", "200", *_TEXTS))
    if hint is bool:
        return dice.random() < 0.5
    if hint is bytes:
        return dice.choice(("", "AAAA", "FgMBAAE=", to_plain(LEAF_DER)))
    if hint is datetime:
        return dice.choice(_TIMES[:1] * 4 + _TIMES)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return dice.choice(list(hint)).value
    if hint is str:
        return dice.choice(_SANE * 2 + _TEXTS)
    return dice.choice(_NUMBERS) if hint in (int, float) else dice.choice(ODD)


# -- one for each kind of file ------------------------------------------------------------------


def _written(plain: Any, dice: Random) -> bytes:
    plain = odd(plain, dice) if dice.random() < 0.5 else plain
    return json.dumps(plain).encode()


def _shown(kind: str, result: Any, dice: Random) -> None:
    for each in formats_of(kind):
        layout = Layout(width=dice.choice((None, 40, 100)), verbose=dice.choice((0, 1, 2)))
        pieces = each.render(result, layout)
        text = "".join(
            one if isinstance(one, str) else f"{one.label}{one.text}\n" for one in pieces
        )
        text.encode()
        if each.name == "junit":
            ET.fromstring(text)
        elif each.name in ("json", "sarif"):
            json.loads(text)
        elif each.name != "ndjson":
            held = [char for char in text if ord(char) < 32 and char not in "\n\t"]
            assert not held, f"{each.name} of {kind} holds {held[:3]}"


def _report(path: Path, dice: Random) -> None:
    plain = plain_of(Report, dice)
    path.write_bytes(_written(plain, dice))
    report = host_report(read_report(path), path)
    for kind in ("report", "routes"):
        _shown(kind, report, dice)
    load_observations((path,))


def _audit(path: Path, dice: Random) -> None:
    path.write_bytes(_written(plain_of(AuditReport, dice), dice))
    (kept,) = load_results((path,))
    _shown("audit", joined(kept.report, [kept], fail_at_risk=True), dice)


def _checkpoint(path: Path, dice: Random) -> None:
    row = plain_of(HostRow, dice)
    scope = {"what_if": dice.choice(_TEXTS), "shard": 7}
    share = None
    with suppress(KeyError, TypeError, ValueError):
        share = from_plain(PlanShare, plain_of(PlanShare, dice))
    head = Head(
        tool_version="1",
        started_at="2026-06-01T12:00:00+00:00",
        accounts=(),
        scope=scope,
        plan=share,
    )
    entries: list[Any] = [
        {"kind": "host", "row": row, "report": plain_of(Report, dice)},
        {"kind": "zone", "zone": dice.choice(_TEXTS), "gap": dice.choice(("", *_TEXTS))},
        {
            "kind": "triage",
            "traffic": plain_of(tuple[Traffic, ...], dice),
            "unknowns": plain_of(tuple[Unknown, ...], dice),
        },
        {"kind": "end", "api_calls": 7, "connections": dice.choice((9, *ODD))},
    ]
    first = to_plain(head)
    assert first["schema"] == SCHEMA
    lines = [json.dumps(first).encode(), *(_written(each, dice) for each in entries)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    (kept,) = load_results((path,))
    _shown("audit", joined(kept.report, [kept], fail_at_risk=False), dice)


def _audit_plan(path: Path, dice: Random) -> None:
    folder = path.with_name("plans")
    folder.mkdir(exist_ok=True)
    if dice.random() < 0.5:
        host = host_of(_written(plain_of(PlannedHost, dice), dice))
        assert all(isinstance(each, str) for each in host.addresses)
        return
    plain = {**plain_of(Manifest, dice), "tool_version": __version__}
    if dice.random() < 0.7:
        plain["judging"] = to_plain(Judging())
    with suppress(KeyError, TypeError, ValueError):
        plain["id"] = from_plain(Manifest, plain).digest
    (folder / MANIFEST).write_bytes(_written(plain, dice))
    plan = open_plan([folder])
    assert plan.hosts == sum(each.hosts for each in plan.manifest.parts)
    for number in plan.numbers[:2]:
        plan.check(number)


def _plan(path: Path, dice: Random) -> None:
    path.write_bytes(_written(plain_of(FixPlan, dice), dice))
    _shown("fix", read_plan(path), dice)


def _journal(path: Path, dice: Random) -> None:
    plain = {**plain_of(FixEntry, dice), "id": "0123abcd"}
    plain["made"] = plain["made"][: len(plain["requests"])]
    place = path.with_name("0123abcd.json")
    place.write_bytes(_written(plain, dice))
    try:
        entries, damaged = Journal(path.parent).entries()
        assert len(entries) + len(damaged) == 1
        _shown("fixes", entries, dice)
    finally:
        place.unlink()


@cache
def _transcript() -> Any:
    return plain_of(replay.Transcript, Random(7))


def _replayed(path: Path, dice: Random) -> None:
    plain = _transcript() if dice.random() < 0.3 else plain_of(replay.Transcript, dice)
    path.write_bytes(_written(plain, dice))
    replay.to_text(replay.load(path))


_TOML: Final = """[defaults]
mode = "strict"
timeout = 20
no-edge = true
[defaults.audit]
fail-on = "broken"
[[accepted]]
host = "*.example.com"
cause = "cert-expired"
owner = "ops"
reason = "a lab"
until = 2027-03-31
"""
_WORDS: Final = (
    *("[defaults]", "[[defaults]]", "[accepted]", "until = 9999-12-31", "until = 1", "mode = []"),
    *(
        "token = 'x'",
        "timeout = 1e400",
        "timeout = nan",
        "a.b.c = 1",
        "host = 7",
        '"""',
        "x = {a=1}",
    ),
)


def _defaults(path: Path, dice: Random) -> None:
    place = path.with_name(".cf525.toml")
    place.write_bytes(text_mutated(_TOML, dice, _WORDS).encode("utf-8", "replace"))
    place.chmod(0o600)
    try:
        own: Dotfile = find(path.parent)
        own.defaults(tuple(COMMANDS))
        own.accepted()
    finally:
        place.unlink()


_KINDS: Final = (_report, _audit, _checkpoint, _audit_plan, _plan, _journal, _replayed, _defaults)


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="cf525-fuzz-")


def attack(dice: Random) -> str:
    """One file, read as the commands read it."""
    kind = dice.choice(_KINDS)
    path = Path(_folder().name) / "file.json"
    try:
        kind(path, dice)
    except Cf525Error:
        return f"{kind.__name__} refused"
    return f"{kind.__name__} read"
