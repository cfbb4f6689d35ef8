"""The file an audit continues from."""

import json
from pathlib import Path
from typing import Any

import pytest

from cf525.audit.checkpoint import (
    SCHEMA,
    Checkpoint,
    Head,
    Progress,
    host_line,
    read_progress,
    read_reports,
)
from cf525.errors import UsageError
from cf525.model import HostRow, Severity, Unknown, ZoneGap
from cf525.report.plain import to_plain
from tests.audit.rows import report, row, traffic

HEAD = Head(tool_version="1", started_at="2026-06-01T12:00:00+00:00", accounts=("a",), scope={})


def plain(summary: str) -> Any:
    return to_plain(report("525", summary=summary))


def line(row: HostRow, summary: str) -> bytes:
    return host_line(row, plain(summary))


def written(path: Path) -> None:
    with Checkpoint(path, Progress(head=HEAD), fresh=True) as checkpoint:
        checkpoint.triage((traffic(),), (Unknown(id="u", text="t", next="n"),))
        first, second = row("a.z.example", Severity.BROKEN, traffic=traffic()), row("b.z.example")
        checkpoint.host(first, line(first, "a"))
        checkpoint.host(second, line(second, "b"))
        checkpoint.zone("z.example", "half of it")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    written(path)
    progress = read_progress(path)
    assert progress.head == HEAD
    assert progress.rows["a.z.example"] == row("a.z.example", Severity.BROKEN, traffic=traffic())
    assert progress.traffic == {"www.z.example": traffic()}
    assert progress.unknowns[0].id == "u"
    assert (progress.zones, progress.gaps) == (
        {"z.example"}, [ZoneGap(zone="z.example", reason="half of it")],
    )  # fmt: skip
    assert progress.end == path.stat().st_size
    assert not progress.ended
    reports = read_reports(path, progress.places, iter(["b.z.example", "a.z.example"]))
    assert list(reports) == [plain("b"), plain("a")]


def test_a_file_cut_anywhere_keeps_every_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    written(path)
    content = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(content) if byte == 0x0A]
    for cut in range(ends[0], len(content), 7):
        path.write_bytes(content[:cut])
        progress = read_progress(path)
        assert progress.end == max(end for end in ends if end <= cut)


def test_a_continued_file_loses_its_torn_line_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    written(path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind":"host","row":{"ho')
    progress = read_progress(path)
    with Checkpoint(path, progress, fresh=False) as checkpoint:
        third = row("c.z.example")
        checkpoint.host(third, line(third, "c"))
        checkpoint.end(7, 9)
    assert path.read_bytes().startswith(whole)
    again = read_progress(path)
    assert (again.ended, again.api_calls, again.connections) == (True, 7, 9)
    assert set(again.rows) == {"a.z.example", "b.z.example", "c.z.example"}
    assert list(read_reports(path, again.places, iter(["c.z.example"]))) == [plain("c")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no checkpoint"),
        (b"hello\n", "no checkpoint"),
        (b'{"schema":"cf525.report/1"}\n', "no checkpoint"),
        (b'{"schema":"cf525.audit-checkpoint/9"}\n', "another version"),
        (b'{"schema":"%s"}\n' % SCHEMA.encode(), "damaged"),
        (b"[" * 100_000 + b"\n", "no checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "audit.ndjson"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_progress(path)
    assert said in refused.value.message
    assert path.read_bytes() == content


def test_a_damaged_line_is_no_silent_loss(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    written(path)
    with path.open("ab") as file:
        file.write(json.dumps({"kind": "host", "row": {}}).encode() + b"\n")
    with pytest.raises(UsageError):
        read_progress(path)


def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError):
        Checkpoint(tmp_path / "file" / "below", Progress(head=HEAD), fresh=True)
