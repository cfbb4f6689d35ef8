"""Origins that fail now and then, each told apart by the order of its failures."""

import asyncio
import socket
import struct
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from cf525.causes.families.series import ordinal
from cf525.diagnosis.options import Options
from cf525.errors import UsageError
from cf525.jobs.diagnose import diagnose
from cf525.lab.ca import Authority, Issued
from cf525.model import Ending, Observation, Report, Stage, Timings
from cf525.probe.reach import Reach, parse_source
from cf525.report.text import render
from cf525.series.run import IN_A_ROW, MOST_PARALLEL, MOST_REPEAT, Repeat, harm
from tests.edgeview.test_reading import seen
from tests.series.fickle import Choice, Fickle, fickle

HOST = "www.example.com"
ROOT = Authority()
DAY = timedelta(days=1)
LEAF, OTHER = ROOT.issue(HOST), ROOT.issue(HOST)


def report(
    origin: Fickle, folder: Path, repeat: Repeat, *, mode: str = "strict", source: str = ""
) -> Report:
    trust = folder / "root.pem"
    trust.write_bytes(ROOT.pem)
    options = Options(
        origins=(("127.0.0.1", origin.port),),
        mode=mode,
        fetch=False,
        edge=False,
        trust_files=(trust,),
        repeat=repeat,
        reach=Reach(transport=parse_source(source)) if source else Reach(),
    )
    return asyncio.run(diagnose(HOST, options))


def told(choose: Choice, folder: Path, repeat: Repeat, *issued: Issued) -> Report:
    with fickle(choose, *(issued or (LEAF,))) as origin:
        return report(origin, folder, repeat)


ALONE = Repeat(count=60, parallel=0)

# The first connection is the first look: probe n of a series is connection n + 1.


def test_a_healthy_origin_stays_healthy(tmp_path: Path) -> None:
    found = told(lambda caller: 0, tmp_path, Repeat())
    assert (found.edge_status, found.headline) == ("ok", None)
    series = found.series[0]
    assert [(each.phase, each.total, each.failures) for each in series.parts] == [
        ("sequential", 20, 0),
        ("parallel", 16, 0),
    ]
    assert found.connections == 37
    assert len(series.certificates) == 1
    first = series.parts[0]
    assert first.connect is not None
    assert first.established is not None
    assert first.connect.median <= first.established.median
    shown = "\n".join(line.text for line in render(found))
    assert "ServerHello" in shown
    assert "min/median/p95" in shown


def test_one_in_twenty_by_turns_is_one_server_of_several(tmp_path: Path) -> None:
    found = told(lambda caller: None if caller.number % 20 == 10 else 0, tmp_path, ALONE)
    assert (found.edge_status, found.headline) == ("525", "one-in-several")
    part = found.series[0].parts[0]
    assert part.failed == (9, 29, 49)
    assert part.low < 0.05 < part.high
    assert found.findings[0].confidence == "high"
    assert "1 of 20" in found.findings[0].explanation


def test_one_in_twenty_by_chance_is_a_rate_with_its_bounds(tmp_path: Path) -> None:
    dice = Random(525)
    bad = {number for number in range(2, 62) if dice.random() < 0.1}
    found = told(lambda caller: None if caller.number in bad else 0, tmp_path, ALONE)
    assert (found.edge_status, found.headline) == ("525", "fails-now-and-then")
    assert found.series[0].parts[0].failures == len(bad)
    shown = "\n".join(line.text for line in render(found))
    assert "95 % confidence" in shown


def test_one_in_two_hundred_is_found_and_not_overstated(tmp_path: Path) -> None:
    repeat = Repeat(count=200, parallel=0)
    found = told(lambda caller: None if caller.number == 138 else 0, tmp_path, repeat)
    assert (found.edge_status, found.headline) == ("525", "fails-now-and-then")
    assert found.findings[0].confidence == "low"
    assert found.confidence == "medium"
    assert len(found.observations) < 20


def test_a_first_look_out_of_luck_does_not_name_the_cause(tmp_path: Path) -> None:
    found = told(lambda caller: None if caller.number in (1, 2, 3) else 0, tmp_path, ALONE)
    headlines = [each.id for each in found.findings if not each.contributing]
    assert not {"closed-after-hello", "sni-reset", "proxy-protocol-expected"} & set(headlines)


def test_failures_only_in_parallel_are_laid_to_the_burst(tmp_path: Path) -> None:
    found = told(lambda caller: None if caller.open > 3 else 0, tmp_path, Repeat())
    assert (found.edge_status, found.headline) == ("525", "fails-in-parallel")
    assert found.series[0].stopped == "most of a burst of connections failed"


def test_what_is_reset_as_it_opens_is_no_good_connection(tmp_path: Path) -> None:
    """Whether the hello went out first is a race: a reset is one in either case."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        resetting = Thread(target=_reset_all, args=(listener,), daemon=True)
        resetting.start()
        found = report(Fickle(listener.getsockname()[1]), tmp_path, Repeat(count=10))
    assert found.edge_status == "525"
    assert all(each.failures == each.total for each in found.series[0].parts)


def _reset_all(listener: socket.socket) -> None:
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()


def test_failures_after_the_tenth_connection_are_a_limit(tmp_path: Path) -> None:
    found = told(lambda caller: None if caller.number > 10 else 0, tmp_path, Repeat(parallel=0))
    assert (found.edge_status, found.headline) == ("525", "fails-after-some")
    assert "takes 9 connections" in found.findings[0].title


def test_alternating_certificates_name_several_servers(tmp_path: Path) -> None:
    stale = ROOT.self_signed(HOST)
    found = told(lambda caller: int(caller.number in (5, 6, 9, 14)), tmp_path, ALONE, LEAF, stale)
    assert (found.edge_status, found.headline) == ("526", "one-in-several")
    assert len(found.series[0].certificates) == 2


def test_a_roll_out_is_told_from_a_difference(tmp_path: Path) -> None:
    found = told(lambda caller: int(caller.number > 30), tmp_path, ALONE, LEAF, OTHER)
    assert (found.edge_status, found.headline) == ("ok", None)
    assert "certificate-roll-out" in [each.id for each in found.findings]


def test_another_source_address_is_another_answer(tmp_path: Path) -> None:
    banned = "127.0.0.9"
    with fickle(lambda caller: None if caller.source == banned else 0, LEAF) as origin:
        here = report(origin, tmp_path, Repeat(count=5, parallel=0))
        there = report(origin, tmp_path, Repeat(count=5, parallel=0), source=banned)
    assert (here.edge_status, there.edge_status) == ("ok", "525")


def test_two_hundred_probes_are_made_one_by_one_and_then_eight_at_once(tmp_path: Path) -> None:
    with fickle(lambda caller: 0, LEAF) as origin:
        found = report(origin, tmp_path, Repeat(count=200, parallel=8))
    assert found.series[0].total == 216
    assert found.connections == len(origin.callers) == 217


@pytest.mark.parametrize(
    "values",
    [
        {"count": 0},
        {"count": MOST_REPEAT + 1},
        {"parallel": MOST_PARALLEL + 1},
        {"parallel": -1},
        {"interval": -0.1},
    ],
)
def test_what_is_not_gentle_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Repeat(**values)


def _probes(*connects: float | Ending) -> Sequence[Observation]:
    return [
        seen(stage=Stage.START, ending=each, timings=Timings())
        if isinstance(each, Ending)
        else seen(timings=Timings(connect=each))
        for each in connects
    ]


def test_a_series_stops_at_the_first_sign_of_harm() -> None:
    refused = [Ending.REFUSED] * IN_A_ROW
    assert harm(_probes(1.0, 1.0, *refused))
    assert not harm(_probes(*refused, *refused)), "never worked: that is no harm of ours"
    assert not harm(_probes(1.0, Ending.REFUSED, 1.0, Ending.REFUSED, 1.0))
    assert harm(_probes(*[20.0] * 5, *[1500.0] * 5))
    assert not harm(_probes(*[1.0] * 5, *[400.0] * 5)), "slower, and not slow"


def test_the_certificate_of_the_server_that_fails_is_judged_and_drawn(tmp_path: Path) -> None:
    old = ROOT.issue(HOST, not_before=ROOT.now - 90 * DAY, not_after=ROOT.now - 5 * DAY)
    found = told(lambda caller: 1 - caller.number % 2, tmp_path, ALONE, ROOT.issue(HOST), old)
    assert (found.edge_status, found.headline) == ("526", "one-in-several")
    assert "every 2nd probe fails" in found.findings[0].evidence[0].text
    fix = next(each for each in found.findings[0].remedies if each.platform == "any")
    assert f"shows the certificate with the serial {old.certificate.serial_number:x}" in fix.text
    expired = next(each for each in found.findings if each.id == "cert-expired")
    assert expired.contributing
    assert f"serial {old.certificate.serial_number:x}"[:20] in expired.evidence[1].text
    assert set(expired.evidence[1].observations) <= {each.id for each in found.observations}
    shown = "\n".join(line.text for line in render(found))
    assert "expired 5 days ago" in shown
    assert "cert-expired: the certificate has expired" in shown


def test_the_default_certificate_of_one_server_is_named(tmp_path: Path) -> None:
    plesk = ROOT.self_signed("plesk", common_name="Plesk")
    found = told(
        lambda caller: int(caller.number % 4 == 0), tmp_path, ALONE, ROOT.issue(HOST), plesk
    )
    assert found.headline == "one-in-several"
    assert {"default-vhost-cert", "self-signed"} <= {e.id for e in found.findings if e.contributing}


def test_a_good_certificate_beside_another_good_one_is_no_finding(tmp_path: Path) -> None:
    both = (ROOT.issue(HOST), ROOT.issue(HOST))
    found = told(lambda caller: caller.number % 2, tmp_path, ALONE, *both)
    assert "cert-expired" not in {each.id for each in found.findings}
    assert len(found.chain_verdicts) == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd")],
)
def test_numbers_that_order_are_written_as_such(number: int, text: str) -> None:
    assert ordinal(number) == text
