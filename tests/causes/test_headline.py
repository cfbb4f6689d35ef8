"""Several things wrong at once: which comes first, and that the status and it belong together."""

import socket
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.conclusion.overall import overall_of as overall
from cf525.conclusion.unknowns import ALLOW_LIST, FILTERS, open_questions
from cf525.lab.ca import Authority
from cf525.model import Finding, Note, NotProbeable, Provenance, ZoneFacts
from cf525.model.registry import TLS12, TLS13
from tests.causes.misleading import by_names
from tests.causes.scenarios import (
    HOST,
    OK,
    Talk,
    deeply_diagnosed,
    diagnosed,
    in_context,
    route,
    scripted,
    serving,
)
from tests.causes.test_scenarios import GOOD, ISSUER, ROOT, banner, closing, openssl, refusing
from tests.servers.inprocess import OpenSSLPeer, openssl_context

CLIENTS = Authority("Somebody's client CA")
EXPIRED = ISSUER.issue(
    HOST, not_before=ROOT.now - timedelta(days=90), not_after=ROOT.now - timedelta(days=1)
)
REFUSAL = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"


def decisive(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(each.id, each.edge_status) for each in found if not each.contributing]


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_a_refused_certificate_comes_before_the_clients(version: int, tmp_path: Path) -> None:
    with scripted(
        openssl(EXPIRED, versions=(version, version), client_ca=CLIENTS.certificate)
    ) as place:
        cases, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert decisive(found) == [("cert-expired", "526")]
    behind = next(each for each in found if each.id == "mtls-unrelated")
    assert (behind.edge_status, behind.contributing) == ("525", True)
    assert overall(cases, found).summary.startswith("526 Invalid SSL certificate: the certificate")


def test_a_refusal_in_http_waits_behind_the_certificate_too(tmp_path: Path) -> None:
    context = openssl_context(
        EXPIRED, client_ca=CLIENTS.certificate, client_certificate_required=False
    )
    with scripted(serving(lambda: OpenSSLPeer(context, answer=REFUSAL))) as place:
        _, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert decisive(found) == [("cert-expired", "526")]
    behind = next(each for each in found if each.id == "mtls-unrelated")
    assert behind.edge_status == "origin-400"


def test_a_certificate_that_is_asked_for_and_not_minded(tmp_path: Path) -> None:
    context = openssl_context(
        GOOD, client_ca=CLIENTS.certificate, client_certificate_required=False
    )
    with scripted(serving(lambda: OpenSSLPeer(context, answer=OK))) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, found) == ("ok", ())


def test_two_addresses_that_fail_each_in_its_own_way(tmp_path: Path) -> None:
    plain = banner(b"HTTP/1.1 200 OK\r\n\r\n")
    with scripted(openssl(EXPIRED)) as old, scripted(plain) as clear:
        for places in ((old, clear), (clear, old)):
            routes = [route(place, id=f"r{number}") for number, place in enumerate(places, 1)]
            cases, found = diagnosed(*routes, trust=ROOT, folder=tmp_path)
            whole = overall(cases, found)
            assert whole.status == found[0].edge_status
            assert found[0].title in whole.summary


def test_one_fault_on_two_addresses_is_one_finding(tmp_path: Path) -> None:
    with scripted(openssl(EXPIRED)) as one, scripted(openssl(EXPIRED)) as two:
        _, found = diagnosed(route(one), route(two, id="r2"), trust=ROOT, folder=tmp_path)
    assert decisive(found) == [("cert-expired", "526")]
    assert found[0].routes == ("r1", "r2")
    assert len(found[0].evidence) == 4  # what is wrong, each address by itself, OpenSSL once


def test_a_failure_without_a_known_cause_may_be_meant_for_us(tmp_path: Path) -> None:
    for talk in (closing, refusing(49)):
        with scripted(talk) as place:
            cases, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
        assert found[0].confidence == "low"
        assert overall(cases, found).confidence == "medium"
        assert ALLOW_LIST in list(open_questions(cases, None))
        assert FILTERS not in list(open_questions(cases, None))


@pytest.mark.parametrize(
    ("why", "cause"),
    [
        (NotProbeable.PLACEHOLDER, "placeholder-address"),
        (NotProbeable.PRIVATE, "private-address"),
        (NotProbeable.UNRESOLVED, "origin-unresolved"),
        (NotProbeable.NO_ADDRESS, "origin-unresolved"),
    ],
)
def test_a_record_that_leads_nowhere(why: NotProbeable, cause: str, tmp_path: Path) -> None:
    record = Provenance(source="dns", detail="A record www.example.com")
    nowhere = route(("192.0.2.1", 443), not_probeable=why, provenance={"address": record})
    _, found = diagnosed(nowhere, trust=ROOT, folder=tmp_path)
    assert (found[0].id, found[0].confidence) == (cause, "high")
    assert found[0].evidence[0].text == f"{record.detail} → 192.0.2.1"


def test_of_a_name_that_does_not_resolve_the_one_it_leads_to_is_looked_at(tmp_path: Path) -> None:
    """The name that visitors ask for has addresses: the edge's."""
    told = "CNAME record www.example.com to gone.example.net: gone.example.net does not resolve"
    record = Provenance(source="dns", detail=told)
    names = ("www.example.com", "gone.example.net")
    nowhere = replace(
        route(("192.0.2.1", 443), not_probeable=NotProbeable.UNRESOLVED),
        provenance={"address": record},
        accepted_names=names,
    )
    _, found = diagnosed(nowhere, trust=ROOT, folder=tmp_path)
    commands = [line for remedy in found[0].remedies for line in remedy.commands]
    assert "dig +trace gone.example.net" in commands


@pytest.mark.parametrize(
    ("zone", "state"),
    [
        (ZoneFacts(id="z", name="example.com", status="active", paused=True), "paused"),
        (ZoneFacts(id="z", name="example.com", status="moved"), "moved"),
        (ZoneFacts(id="z", name="example.com", status="active"), None),
    ],
)
def test_a_zone_that_proxies_nothing(zone: ZoneFacts, state: str | None, tmp_path: Path) -> None:
    with scripted(openssl()) as place:
        (case,), _ = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    ids = {each.id: each for each in findings([in_context(case, zone=zone)])}
    assert ("zone-inactive" in ids) is (state is not None)
    if state is not None:
        assert ids["zone-inactive"].evidence[0].text == f"zone example.com is {state}"


def test_another_name_in_the_hello_is_told_where_it_may_matter(tmp_path: Path) -> None:
    rule = Provenance(source="origin_rule", detail='Origin Rule "sni": shop.example.org')
    with scripted(refusing(112)) as place:
        sent = route(place, sni="shop.example.org", provenance={"sni": rule})
        (case,), found = diagnosed(sent, trust=ROOT, folder=tmp_path)
    told = next(each for each in found if each.id == "name-overridden")
    assert told.contributing
    assert rule.detail in told.evidence[0].text
    by_hand = replace(case.route, provenance={"sni": replace(rule, source="argument")})
    assert "name-overridden" not in _ids(replace(case, route=by_hand))


def test_a_rule_that_sends_a_name_the_origin_refuses_is_the_cause(tmp_path: Path) -> None:
    """The origin takes the visitor's own name: the rule is to go, not the origin to change."""
    rule = Provenance(source="origin_rule", detail='Origin Rule "sni": wrong.example.net')
    with scripted(by_names({HOST: openssl_context(GOOD)}, refusing(112))) as place:
        sent = route(place, sni="wrong.example.net", provenance={"sni": rule})
        _, found = diagnosed(sent, trust=ROOT, folder=tmp_path)
    assert decisive(found) == [("name-overridden", "525")]
    assert rule.detail in found[0].evidence[0].text


def _ids(case: Case) -> set[str]:
    return {each.id for each in findings([case])}


def by_turns(*talks: Talk) -> Talk:
    """Gives each connection to the next one, round and round."""
    turns = cycle(talks)

    def talk(connection: socket.socket) -> None:
        next(turns)(connection)

    return talk


@pytest.mark.parametrize(
    ("other", "status", "cause"),
    [(openssl(EXPIRED), "526", "one-bad-backend"), (closing, "525", "intermittent-conn-limit")],
)
def test_what_only_some_visitors_meet_is_no_ok(
    other: Talk, status: str, cause: str, tmp_path: Path
) -> None:
    good = serving(lambda: OpenSSLPeer(openssl_context(GOOD), answer=OK))
    with scripted(by_turns(good, other)) as place:
        cases, found = deeply_diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert cases[0].status.status == "ok"  # the first connection met the good one
    assert (found[0].id, found[0].edge_status, found[0].contributing) == (cause, status, False)
    whole = overall(cases, found)
    assert (whole.status, whole.confidence) == (status, found[0].confidence)
    assert "on some connections" in whole.summary


def test_an_error_of_the_origins_own_is_quoted(tmp_path: Path) -> None:
    page = b"<html><title>Account\nsuspended</title><body>x</body></html>"
    answer = b"HTTP/1.1 403 No\r\ncontent-length: %d\r\n\r\n%b" % (len(page), page)
    context = openssl_context(GOOD)
    with scripted(serving(lambda: OpenSSLPeer(context, answer=answer))) as place:
        cases, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    whole = overall(cases, found)
    assert 'its own HTTP 403 "Account suspended"' in whole.summary
    # Whom it forbids the page is not known: it may be everybody but Cloudflare.
    assert whole.confidence == "medium"
    assert ALLOW_LIST in list(open_questions(cases, None))


def test_a_request_for_a_certificate_that_comes_too_late(tmp_path: Path) -> None:
    page = b"Reason: Cannot perform Post-Handshake Authentication.<br />"
    answer = b"HTTP/1.1 403 No\r\ncontent-length: %d\r\n\r\n%b" % (len(page), page)
    context = openssl_context(GOOD)
    with scripted(serving(lambda: OpenSSLPeer(context, answer=answer))) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (found[0].id, found[0].confidence) == ("client-cert-required", "medium")
    assert "whole virtual host" in found[0].explanation
    assert case.edge is not None
    asked = Note(code="hello_request", detail="", rejects=False, stage=case.edge.stage)
    renegotiating = replace(case, edge=replace(case.edge, http=None, notes=(asked,)))
    told = next(each for each in findings([renegotiating]) if each.id == "client-cert-required")
    assert "HelloRequest" in told.evidence[0].text
