"""Why a certificate was not renewed: the challenge's way, CAA and the logs, from whole runs."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cf525.jobs.diagnose import diagnose
from cf525.jobs.replay import recorded, replay
from cf525.lab.running import Lab, start
from cf525.lab.world import EdgeAnswer, Origin, Record, World, Zone
from cf525.model import Finding, LoggedCertificate, Report
from cf525.model.parsing import parse_target
from cf525.report.plain import to_plain

PATH = "/.well-known/acme-challenge/cf525-probe"
BROKEN = EdgeAnswer(status=526)


def http(status: int, location: str = "", *, asked: bool = False, code: str = "") -> EdgeAnswer:
    """An edge that answers plain HTTP with this, after asking the origin or not."""
    plain = EdgeAnswer(
        status=status,
        form="html",
        headers={"Location": location} if location else {},
        cache="DYNAMIC" if asked else "",
        error_type=code,
    )
    return replace(BROKEN, http=plain)


def mitigated(status: int) -> EdgeAnswer:
    """An edge that shows a challenge page of its own."""
    plain = EdgeAnswer(status=status, form="html", headers={"cf-mitigated": "challenge"})
    return replace(BROKEN, http=plain)


CASES: dict[str, tuple[EdgeAnswer, str, str]] = {
    # host: what the edge answers, how sure the finding is, a part of its evidence
    "always-https": (
        http(301, f"https://always-https.example.com{PATH}"),
        "medium",
        f"; https://always-https.example.com{PATH} → 526",
    ),
    "refused": (http(403, asked=True), "medium", "→ 403 from the origin"),
    "open": (http(404, asked=True), "low", "→ 404 from the origin"),
    "eaten": (http(200, asked=True), "low", "→ 200 from the origin"),
    "elsewhere": (
        http(302, "https://login.example.org/"),
        "low",
        "302 to https://login.example.org/",
    ),
    "circle": (
        http(301, f"http://circle.example.com{PATH}"),
        "medium",
        f"301 to http://circle.example.com{PATH}",
    ),
    "hostile": (http(301, "http://[::1\x1b[2J"), "low", "301"),
}
BY_THE_EDGE: dict[str, tuple[EdgeAnswer, str]] = {
    # host: what the edge answers, the finding that comes of it
    "blocked": (http(403, code="1020"), "acme-blocked-by-edge"),
    "challenged": (mitigated(403), "acme-blocked-by-edge"),
    "unsigned": (http(403), "http-01-through-proxy"),
}
CAA: dict[str, tuple[tuple[str, ...], str | None]] = {
    # host: CAA records, what the finding says of them (None: no finding)
    "caa-other": (('0 issue "pki.goog"',), "none admits letsencrypt.org"),
    "caa-nobody": (('0 issue ";"',), "none admits letsencrypt.org"),
    "caa-method": (
        ('0 issue "letsencrypt.org; validationmethods=dns-01"',),
        "none admits letsencrypt.org by http-01",
    ),
    "caa-critical": (
        ('128 tbs "unknown"', '0 issue "letsencrypt.org"'),
        "none admits letsencrypt.org",
    ),
    "caa-admits": (('0 issue "pki.goog"', '0 issue "LetsEncrypt.org"'), None),
    "caa-mail-only": (('0 iodef "mailto:a@example.com"',), None),
}


def world() -> World:
    records: list[Record] = []
    origins: dict[str, Origin] = {}
    answers: dict[str, EdgeAnswer] = {}
    for number, label in enumerate((*CASES, *BY_THE_EDGE, *CAA), 1):
        host, address = f"{label}.example.com", f"203.0.113.{number}"
        records.append(Record(type="A", name=host, content=address))
        records += [
            Record(type="CAA", name=host, content=each, proxied=False)
            for each in CAA.get(label, ((), None))[0]
        ]
        origins[f"{address}:443"] = Origin(
            kind="tls", options={"certificate": "acme-expired", "names": (host,)}
        )
        met = CASES.get(label) or BY_THE_EDGE.get(label)
        answers[host] = met[0] if met is not None else http(404, asked=True)
    zone = Zone(name="example.com", settings={"ssl": "strict"}, records=tuple(records))
    return World(zones=(zone,), origins=origins, edge_answers=answers)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with start(world()) as started:
        yield started


def report_on(lab: Lab, label: str, **changes: object) -> Report:
    options = replace(lab.options(), **{"edge": True, **changes})  # type: ignore[arg-type]
    return asyncio.run(diagnose(f"{label}.example.com", options))


def finding(report: Report, id: str) -> Finding | None:
    return next((each for each in report.findings if each.id == id), None)


def proofs(found: Finding) -> str:
    return "\n".join(each.text for each in found.evidence)


@pytest.mark.parametrize("label", CASES)
def test_a_made_up_challenge_is_followed_through_the_edge(lab: Lab, label: str) -> None:
    _, confidence, part = CASES[label]
    report = report_on(lab, label)
    assert (report.edge_status, report.headline) == ("526", "cert-expired")
    found = finding(report, "http-01-through-proxy")
    assert found is not None
    assert found.contributing
    assert (found.confidence, part in proofs(found)) == (confidence, True), proofs(found)
    assert report.renewal is not None
    assert 1 <= len(report.renewal.challenge) <= 5
    assert all(f"//{label}.example.com/" in hop.url for hop in report.renewal.challenge)


@pytest.mark.parametrize("label", BY_THE_EDGE)
def test_a_challenge_that_the_edge_itself_answers_is_no_fault_of_the_server(
    lab: Lab, label: str
) -> None:
    report = report_on(lab, label)
    found = finding(report, BY_THE_EDGE[label][1])
    assert found is not None
    assert (found.contributing, found.confidence) == (True, "medium")
    others = {"acme-blocked-by-edge", "http-01-through-proxy"} - {found.id}
    assert others.isdisjoint(each.id for each in report.findings)
    if found.id == "acme-blocked-by-edge":
        assert found.remedies[0].platform == "any"
        assert "→ 403 from Cloudflare" in proofs(found)
        assert "Skip for all remaining custom rules" in found.remedies[0].text


@pytest.mark.parametrize("label", CAA)
def test_caa_records_are_read_as_the_ca_reads_them(lab: Lab, label: str) -> None:
    found = finding(report_on(lab, label), "acme-caa")
    part = CAA[label][1]
    if part is None:
        assert found is None
    else:
        assert found is not None
        assert proofs(found).endswith(part)
        assert found.contributing


def test_without_the_edge_nothing_is_asked_there(lab: Lab) -> None:
    before = lab.origins["104.16.0.25:80"].connections
    report = report_on(lab, "always-https", edge=False)
    assert report.renewal is not None
    assert report.renewal.challenge == ()
    assert lab.origins["104.16.0.25:80"].connections == before


def test_a_healthy_certificate_asks_nothing_more() -> None:
    records = (Record(type="A", name="fine.example.com", content="203.0.113.1"),)
    zone = Zone(name="example.com", settings={"ssl": "strict"}, records=records)
    origins = {"203.0.113.1:443": Origin(kind="tls", options={"names": ("*.example.com",)})}
    answers = {"fine.example.com": EdgeAnswer(status=200, cache="DYNAMIC")}
    with start(World(zones=(zone,), origins=origins, edge_answers=answers)) as lab:
        report = report_on(lab, "fine")
        assert lab.origins["104.16.0.25:80"].connections == 0
    assert report.renewal is None


def logged(days: int, *names: str, serial: str = "5eed") -> LoggedCertificate:
    now = datetime.now(UTC)
    return LoggedCertificate(
        not_before=now - timedelta(days=days),
        not_after=now + timedelta(days=90 - days),
        names=names,
        issuer="C=US, O=Let's Encrypt, CN=R10",
        serial=serial,
    )


def test_a_successor_in_the_logs_means_that_it_was_not_loaded(lab: Lab) -> None:
    report = report_on(lab, "open", logged=(logged(20, "open.example.com"),))
    assert report.headline == "cert-renewed-not-reloaded"
    found = finding(report, "cert-renewed-not-reloaded")
    assert found is not None
    assert "transparency logs: serial 5eed" in proofs(found)
    assert "renewed-or-not" not in {each.id for each in report.unknowns}


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (logged(120, "open.example.com"),),  # older than the one that expired
        (logged(20, "example.com", "*.example.com"),),  # may well be the edge's own
        (logged(20, "shop.example.com"),),
    ],
)
def test_other_certificates_in_the_logs_prove_no_renewal(
    lab: Lab, entries: tuple[LoggedCertificate, ...]
) -> None:
    report = report_on(lab, "open", logged=entries)
    assert report.headline == "cert-expired"
    found = finding(report, "http-01-through-proxy")
    assert found is not None
    covered = any("*.example.com" in each.names for each in entries)
    assert ("holds no newer certificate" in proofs(found)) is not covered


@pytest.mark.parametrize(
    ("entries", "confidence"),
    [
        ((logged(20, "panel.example.com"),), "low"),  # of a CA that the edge has too
        ((replace(logged(20, "panel.example.com"), issuer="C=US, O=GoDaddy"),), "medium"),
        ((logged(20, "example.com", "*.example.com"),), None),  # may well be the edge's own
        ((logged(200, "panel.example.com"),), None),  # lapsed
        ((logged(20, "other.example.com"),), None),
        ((), None),
    ],
)
def test_a_certificate_in_the_logs_beside_a_default_one_is_there_and_not_served(
    entries: tuple[LoggedCertificate, ...], confidence: str | None
) -> None:
    host = "panel.example.com"
    zone = Zone(
        name="example.com", settings={"ssl": "strict"},
        records=(Record(type="A", name=host, content="203.0.113.1"),),
    )  # fmt: skip
    shown = {"certificate": "self-signed", "names": ("default.invalid",)}
    origins = {"203.0.113.1:443": Origin(kind="tls", options=shown)}
    with start(World(zones=(zone,), origins=origins)) as lab:
        report = asyncio.run(diagnose(host, replace(lab.options(), edge=False, logged=entries)))
    found = finding(report, "own-certificate-not-served")
    assert (found.confidence if found is not None else None) == confidence
    if found is not None:
        assert found.contributing
        assert "it was issued and is not shown" in found.explanation


def test_without_the_logs_the_report_says_what_is_open(lab: Lab) -> None:
    doubt = next(each for each in report_on(lab, "open").unknowns if each.id == "renewed-or-not")
    assert "--ct" in doubt.next


def test_a_replay_knows_what_the_look_ups_told(lab: Lab, tmp_path: Path) -> None:
    options = replace(lab.options(), edge=True, logged=())
    target = parse_target("always-https.example.com")
    report, transcript = asyncio.run(recorded(target, options))
    again = asyncio.run(replay(transcript))
    assert to_plain(again.renewal) == to_plain(report.renewal)
    assert [each.id for each in again.findings] == [each.id for each in report.findings]
    assert json.dumps(to_plain(again.findings)) == json.dumps(to_plain(report.findings))
