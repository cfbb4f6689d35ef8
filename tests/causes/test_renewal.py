"""Renewals that did not happen: what was looked up decides what is said, and how surely."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.causes.signs.challenge import passage
from cf525.causes.signs.renewing import in_question
from cf525.lab.ca import Authority
from cf525.model import (
    CaaRecord,
    CaaSet,
    Ending,
    Finding,
    Hop,
    HttpAnswer,
    Maker,
    Renewal,
    Status,
    Variable,
    Variation,
    Visit,
    VisitOutcome,
)
from tests.causes.scenarios import HOST, diagnosed, in_context, route, scripted
from tests.causes.test_scenarios import openssl

ROOT = Authority("Renewal Root CA")
ACME = ROOT.intermediate("Let's Encrypt R0 (a test's)")
OLD = {
    "not_before": ROOT.now - timedelta(days=90),
    "not_after": ROOT.now - timedelta(days=1),
}
URL = f"http://{HOST}/.well-known/acme-challenge/cf525-probe"


def case_of(folder: Path, *names: str, **values: object) -> Case:
    """The case of an origin that shows an old certificate of an ACME CA for these names."""
    issued = ACME.issue(*names or (HOST,), **{**OLD, **values})  # type: ignore[arg-type]
    with scripted(openssl(issued)) as place:
        (case,), _ = diagnosed(route(place), trust=ROOT, folder=folder)
    return case


def found(case: Case, id: str) -> Finding | None:
    return next((each for each in findings([case]) if each.id == id), None)


def text_of(finding: Finding | None) -> str:
    assert finding is not None
    return "\n".join(each.text for each in finding.evidence)


def visit(status: int | None = None, **values: object) -> Visit:
    outcome = VisitOutcome.ANSWERED if status is not None else VisitOutcome.NO_ANSWER
    code = "unknown" if status is None else str(values.pop("code", f"origin-{status}"))
    base = Visit(outcome=outcome, at=datetime.now(UTC), status=status, code=Status(code))
    return replace(base, **values)  # type: ignore[arg-type]


def hop(status: int | None = None, location: str = "", url: str = URL, **values: object) -> Hop:
    return Hop(url=url, visit=visit(status, **values), location=location)


@pytest.mark.parametrize(
    ("hops", "passes", "end"),
    [
        ((hop(404, maker=Maker.ORIGIN),), True, "404 from the origin"),
        ((hop(200, maker=Maker.ORIGIN),), None, "answers in place of the ACME client"),
        ((hop(403, maker=Maker.ORIGIN),), False, "a refusal (HTTP 403)"),
        ((hop(403, maker=Maker.CLOUDFLARE, code="unknown"),), False, "Cloudflare's own (HTTP 403)"),
        ((hop(526, code="526"),), False, "the very error that visitors get (526)"),
        ((hop(500, maker=Maker.ORIGIN),), None, "HTTP 500"),
        ((hop(),), None, "no answer"),
        ((hop(301, "https://login.example.org/"),), None, "a redirect to https://login"),
        ((hop(301, URL),), False, "round in a circle"),
        (
            (hop(301, f"https://{HOST}/x"), hop(525, url=f"https://{HOST}/x", code="525")),
            *(False, "the very error that visitors get (525)"),
        ),
    ],
)
def test_a_way_is_open_shut_or_not_known(hops: tuple[Hop, ...], passes: bool, end: str) -> None:
    way = passage(hops)
    assert way is not None
    assert way.open is passes
    assert end in way.end
    assert all(each.url in way.text for each in hops)


def test_nothing_asked_is_nothing_told() -> None:
    assert passage(()) is None


def test_a_challenge_is_tried_at_the_origin_too(tmp_path: Path) -> None:
    case = case_of(tmp_path)
    assert case.edge is not None
    change = Variation(variable=Variable.CHALLENGE, value="80")
    for answer, part in (
        (HttpAnswer(status=404), "at the origin's port 80 gets HTTP 404"),
        (
            HttpAnswer(status=301, headers=(("location", "https://x.example/"),)),
            "gets HTTP 301 to https://x.example/",
        ),
        (None, "gets no HTTP answer (refused)"),
    ):
        ending = Ending.REFUSED if answer is None else Ending.DONE
        probe = replace(case.edge, id="o9", port=80, variation=change, http=answer, ending=ending)
        told = replace(case, probes=(probe,))
        assert part in text_of(found(told, "http-01-through-proxy"))


def test_a_wildcard_renews_by_dns_and_by_nothing_else(tmp_path: Path) -> None:
    case = case_of(tmp_path, HOST, "*.example.com")
    renewal = Renewal(challenge=(hop(526, code="526"),), caa=CaaSet())
    finding = found(in_context(case, renewal=renewal), "http-01-through-proxy")
    assert finding is not None
    assert "only DNS-01 can renew" in finding.explanation
    assert "challenge asked" not in text_of(finding)
    assert finding.confidence == "low"


def test_caa_that_admits_the_ca_for_another_challenge_only(tmp_path: Path) -> None:
    limited = CaaRecord(flags=0, tag="issue", value="letsencrypt.org; validationmethods=dns-01")
    renewal = Renewal(caa=CaaSet(owner="example.com", records=(limited,)))
    one = in_context(case_of(tmp_path), renewal=renewal)
    assert text_of(found(one, "acme-caa")).endswith("none admits letsencrypt.org by http-01")
    wildcard = in_context(case_of(tmp_path, HOST, "*.example.com"), renewal=renewal)
    assert found(wildcard, "acme-caa") is None


def test_a_failing_caa_look_up_is_told_and_sure_of_nothing(tmp_path: Path) -> None:
    broken = Renewal(caa=CaaSet(owner="example.com", reason="servfail"))
    finding = found(in_context(case_of(tmp_path), renewal=broken), "acme-caa")
    assert "a CA does not issue then" in text_of(finding)
    assert finding is not None
    assert finding.confidence == "low"
    unreachable = Renewal(caa=CaaSet(owner="example.com", reason="timeout"))
    assert found(in_context(case_of(tmp_path), renewal=unreachable), "acme-caa") is None


@pytest.mark.parametrize(
    ("name", "software"),
    [
        ("Kubernetes Ingress Controller Fake Certificate", "ingress-nginx"),
        ("cert-manager.local", "ingress-nginx"),
        ("TRAEFIK DEFAULT CERT", "Traefik"),
    ],
)
def test_a_stand_in_points_to_an_order_that_is_not_finished(
    name: str, software: str, tmp_path: Path
) -> None:
    issued = ROOT.self_signed("stand-in.invalid", common_name=name)
    with scripted(openssl(issued)) as place:
        (case,), before = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert before[0].id == "default-vhost-cert"
    assert in_question(case)
    case = in_context(case, renewal=Renewal(challenge=(hop(301, URL),)))
    finding = found(case, "cert-manager-temporary-cert")
    assert finding is not None
    assert finding.contributing
    assert software in finding.title
    assert f"301 to {URL}" in text_of(finding)


def test_cert_managers_stand_in_for_the_very_name(tmp_path: Path) -> None:
    manager = Authority("cert-manager.local")
    with scripted(openssl(manager.issue(HOST))) as place:
        (case,), ids = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == "526"
    assert (ids[0].id, ids[0].confidence) == ("cert-manager-temporary-cert", "medium")
    assert "untrusted-issuer" not in {each.id for each in ids}


def test_a_certificate_of_a_ca_that_renews_by_hand_is_in_no_question(tmp_path: Path) -> None:
    by_hand = ROOT.intermediate("Example Corp Issuing CA 1")
    with scripted(openssl(by_hand.issue(HOST, **OLD))) as place:  # type: ignore[arg-type]
        (case,), ids = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert ids[0].id == "cert-expired"
    assert not in_question(case)
    assert found(case, "http-01-through-proxy") is None


def test_a_challenge_blocked_by_the_edge_is_told_of_no_wildcard(tmp_path: Path) -> None:
    blocked = Renewal(challenge=(hop(403, maker=Maker.CLOUDFLARE, code="unknown"),))
    one = in_context(case_of(tmp_path), renewal=blocked)
    assert found(one, "acme-blocked-by-edge") is not None
    assert found(one, "http-01-through-proxy") is None
    wildcard = in_context(case_of(tmp_path, HOST, "*.example.com"), renewal=blocked)
    assert found(wildcard, "acme-blocked-by-edge") is None
    assert found(wildcard, "http-01-through-proxy") is not None


@pytest.mark.parametrize(
    ("server", "alpn", "hidden"),
    [
        ("Caddy", True, False),
        ("Traefik", True, True),
        ("Dokploy", False, True),
        ("nginx", False, False),
        ("", False, False),
    ],
)
def test_what_the_server_and_the_issuer_point_to_is_raised(
    server: str, alpn: bool, hidden: bool, tmp_path: Path
) -> None:
    case = in_context(case_of(tmp_path), server=server)
    by_alpn = found(case, "tls-alpn-01-through-proxy")
    beside = found(case, "own-certificate-not-served")
    assert (by_alpn is not None, beside is not None) == (alpn, hidden)
    for each in (by_alpn, beside):
        if each is not None:
            assert (each.contributing, each.confidence) == (True, "low")
            assert each.remedies[0].platform in (server, "any")
    if beside is not None:
        assert "own entry at the CA" in beside.explanation


def test_a_lapsed_certificate_of_a_private_ca_renews_with_its_own_tool(tmp_path: Path) -> None:
    for issuer, command in (
        ("Smallstep Intermediate CA", "step ca renew --force"),
        ("mkcert development CA", "mkcert -cert-file"),
    ):
        own = Authority(issuer)
        with scripted(openssl(own.issue(HOST, **OLD))) as place:  # type: ignore[arg-type]
            _, ids = diagnosed(route(place), trust=ROOT, folder=tmp_path)
        expired = next(each for each in ids if each.id == "cert-expired")
        lines = [line for each in expired.remedies[:2] for line in each.commands]
        assert any(line.startswith(command) for line in lines)
        assert not any("certbot" in line for line in lines)


def test_a_certificate_of_a_test_service_is_told_apart_from_a_private_ca(tmp_path: Path) -> None:
    staging = Authority("(STAGING) Let's Encrypt Riddling Rhubarb R12")
    with scripted(openssl(staging.issue(HOST))) as place:
        (case,), ids = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == "526"
    assert ids[0].id == "staging-certificate"
    assert "untrusted-issuer" not in {each.id for each in ids}
    assert "acme-v02.api.letsencrypt.org" in "\n".join(ids[0].remedies[0].commands)
