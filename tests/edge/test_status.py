"""The table from route, observation and verdict to the status a visitor gets."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cf525.edge.modes import origin_leg, validates
from cf525.edge.profile import FIPS_GROUPS, SUITES, cloudflare, suite_fact
from cf525.edge.status import edge_status, redirects_to_https
from cf525.model import (
    Alert,
    CertificateRequest,
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    Ending,
    HttpAnswer,
    KeyProof,
    Note,
    NotProbeable,
    Observation,
    PostQuantum,
    Route,
    ServerHello,
    Stage,
)
from cf525.model.registry import TLS12, TLS13

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ROUTE = Route(
    id="r1", mode="full", scheme="https", address="203.0.113.7", port=443, sni="a.example",
    host_header="a.example", accepted_names=("a.example",), client_certificate="none",
)  # fmt: skip


def seen(stage: Stage, ending: Ending, **values: Any) -> Observation:
    base = Observation(
        id="o1", route="r1", profile="cloudflare/supported", variation=None,
        address="203.0.113.7", port=443, sni="a.example", started_at=NOW, stage=stage,
        ending=ending,
    )  # fmt: skip
    return replace(base, **values)


def hello(version: int = TLS13) -> ServerHello:
    return ServerHello(version=version, suite=0x1301 if version == TLS13 else 0xC02F, group=29)


def received(number: int, stage: Stage) -> tuple[Alert, ...]:
    return (Alert(level=2, description=number, direction="received", encrypted=False, stage=stage),)


def verdict(accepted: bool | None, *kinds: DefectClass) -> ChainVerdict:
    return ChainVerdict(
        observation="o1",
        accepted=accepted,
        confidence=Confidence.HIGH,
        at=NOW,
        names=("a.example",),
        defects=tuple(Defect(code="x", kind=kind, index=0, text="why") for kind in kinds),
    )


REJECTED = verdict(False, DefectClass.REJECTED)
ACCEPTED = verdict(True)
UNTOLD = verdict(None)
ANSWER = HttpAnswer(status=200)
OK: dict[str, Any] = {"stage": Stage.APPLICATION_DATA, "ending": Ending.DONE, "http": ANSWER}
ASKED = CertificateRequest()


@pytest.mark.parametrize(
    ("mode", "observation", "chain", "status"),
    [
        ("full", seen(Stage.START, Ending.REFUSED), None, "521"),
        ("full", seen(Stage.START, Ending.CONNECT_TIMEOUT), None, "unknown"),
        ("full", seen(Stage.START, Ending.UNREACHABLE), None, "unknown"),
        ("full", seen(Stage.START, Ending.LOCAL_ERROR), None, "unknown"),
        ("full", seen(Stage.START, Ending.RESET), None, "unknown"),
        ("full", seen(Stage.HELLO_SENT, Ending.INTERNAL_ERROR), None, "unknown"),
        ("full", seen(Stage.HELLO_SENT, Ending.EOF), None, "525"),
        ("strict", seen(Stage.HELLO_SENT, Ending.RESET), None, "525"),
        ("full", seen(Stage.HELLO_SENT, Ending.TIMEOUT), None, "525"),
        ("full", seen(Stage.HELLO_SENT, Ending.PLAINTEXT), None, "525"),
        ("full", seen(Stage.SERVER_HELLO, Ending.TIMEOUT), None, "525"),
        ("full", seen(Stage.CERTIFICATE, Ending.PROTOCOL_ERROR), REJECTED, "525"),
        ("full", seen(Stage.CERTIFICATE, Ending.LIMIT), None, "525"),
        ("full", seen(Stage.SERVER_FLIGHT, Ending.NOT_COMPLETED), None, "unknown"),
        ("full", seen(**OK), REJECTED, "ok"),
        ("strict", seen(**OK), REJECTED, "526"),
        ("origin_pull", seen(**OK), REJECTED, "526"),
        ("strict", seen(**OK), ACCEPTED, "ok"),
        ("strict", seen(**OK), UNTOLD, "unknown"),
        ("strict", seen(**OK), None, "unknown"),
        ("strict", seen(**OK), verdict(False, DefectClass.HANDSHAKE), "525"),
        ("full", seen(**OK), verdict(False, DefectClass.HANDSHAKE), "525"),
        ("unknown", seen(**OK), ACCEPTED, "ok"),
        ("unknown", seen(**OK), REJECTED, "unknown"),
        ("a-new-mode", seen(**OK), REJECTED, "unknown"),
        ("full", seen(Stage.ESTABLISHED, Ending.EOF), ACCEPTED, "520"),
        ("full", seen(Stage.ESTABLISHED, Ending.RESET), ACCEPTED, "520"),
        ("full", seen(Stage.ESTABLISHED, Ending.PROTOCOL_ERROR), ACCEPTED, "520"),
        ("full", seen(Stage.ESTABLISHED, Ending.TIMEOUT), ACCEPTED, "unknown"),
        ("strict", seen(Stage.ESTABLISHED, Ending.TIMEOUT), REJECTED, "526"),
        ("full", seen(Stage.ESTABLISHED, Ending.DONE), ACCEPTED, "ok"),
        ("full", seen(Stage.ESTABLISHED, Ending.DONE, http2_settings=True), ACCEPTED, "ok"),
        (
            "full",
            seen(Stage.ESTABLISHED, Ending.TIMEOUT, server_hello=replace(hello(), alpn="h2")),
            ACCEPTED,
            "unknown",
        ),
        ("full", seen(**OK | {"http": HttpAnswer(status=404)}), ACCEPTED, "origin-404"),
        ("full", seen(**OK | {"http": HttpAnswer(status=525)}), ACCEPTED, "origin-525"),
        ("full", seen(**OK | {"http": HttpAnswer(status=None)}), ACCEPTED, "520"),
        # the chain is refused before a later fault is met, and only in strict
        ("strict", seen(Stage.CERTIFICATE, Ending.ALERT, key_proof=KeyProof.FAILED), REJECTED,
         "526"),
        ("full", seen(Stage.CERTIFICATE, Ending.ALERT, key_proof=KeyProof.FAILED), REJECTED, "525"),
        ("strict", seen(Stage.CERTIFICATE, Ending.ALERT, key_proof=KeyProof.FAILED), ACCEPTED,
         "525"),
    ],
)  # fmt: skip
def test_the_status_follows_from_what_was_seen(
    mode: str, observation: Observation, chain: ChainVerdict | None, status: str
) -> None:
    assert edge_status(replace(ROUTE, mode=mode), observation, chain).status == status


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_key_usage_is_525_in_tls13_and_after_the_chain_before_it(version: int) -> None:
    met = Stage.SERVER_FLIGHT if version == TLS12 else Stage.SERVER_HELLO
    note = Note(code="key_usage", detail="no digitalSignature", rejects=True, stage=met)
    observation = seen(**OK, notes=(note,), server_hello=hello(version))
    status = edge_status(replace(ROUTE, mode="strict"), observation, REJECTED).status
    assert status == ("526" if version == TLS12 else "525")
    assert edge_status(ROUTE, observation, REJECTED).status == "525"


@pytest.mark.parametrize(
    ("observation", "without_aop"),
    [
        (seen(Stage.SERVER_FLIGHT, Ending.ALERT, certificate_request=ASKED,
              alerts=received(40, Stage.FINISHED_SENT)), "525"),
        (seen(Stage.ESTABLISHED, Ending.ALERT, certificate_request=ASKED,
              alerts=received(116, Stage.ESTABLISHED)), "520"),
        (seen(Stage.SERVER_FLIGHT, Ending.EOF, certificate_request=ASKED), "525"),
        (seen(**OK | {"http": HttpAnswer(status=400)}, certificate_request=ASKED), "origin-400"),
    ],
)  # fmt: skip
def test_a_missing_client_certificate_is_a_verdict_only_when_the_edge_sends_none(
    observation: Observation, without_aop: str
) -> None:
    assert edge_status(ROUTE, observation, ACCEPTED).status == without_aop
    for held in ("unknown", "global", "zone", "host"):
        route = replace(ROUTE, client_certificate=held)
        assert edge_status(route, observation, ACCEPTED).status == "unknown"


def test_in_strict_a_bad_chain_comes_before_the_client_certificate() -> None:
    observation = seen(Stage.SERVER_FLIGHT, Ending.ALERT, certificate_request=ASKED)
    route = replace(ROUTE, mode="strict", client_certificate="unknown")
    assert edge_status(route, observation, REJECTED).status == "526"


@pytest.mark.parametrize("why", list(NotProbeable))
def test_what_cannot_be_probed_is_never_ok(why: NotProbeable) -> None:
    status = edge_status(replace(ROUTE, not_probeable=why), None, None)
    assert not status.status.works
    assert status.reason


@pytest.mark.parametrize(
    ("why", "code"),
    [
        (NotProbeable.PRIVATE, "1002"),
        (NotProbeable.NOT_SERVED, "1016"),
        (NotProbeable.TUNNEL_DOWN, "1033"),
    ],
)
def test_what_no_origin_can_answer_is_an_error_of_the_edges_own(
    why: NotProbeable, code: str
) -> None:
    status = edge_status(replace(ROUTE, not_probeable=why), None, None)
    assert (status.status, status.status.fails, status.confidence) == (code, True, "high")


def test_a_route_that_was_not_probed_is_unknown() -> None:
    assert edge_status(ROUTE, None, None).status == "unknown"


@pytest.mark.parametrize(
    ("answer", "loops"),
    [
        ((301, "https://a.example/"), True),
        ((308, "https://A.EXAMPLE:443/x?y"), True),
        ((302, "https://b.example/"), False),
        ((301, "http://a.example/"), False),
        ((200, "https://a.example/"), False),
        ((301, ""), False),
    ],
)
def test_a_redirect_to_the_same_host_over_https_loops(answer: tuple[int, str], loops: bool) -> None:
    head = HttpAnswer(status=answer[0], headers=(("location", answer[1]),))
    route = replace(ROUTE, scheme="http", port=80, mode="flexible")
    assert redirects_to_https(route, head) is loops
    observation = seen(Stage.APPLICATION_DATA, Ending.DONE, http=head)
    expected = "redirect-loop" if loops else "ok"
    assert edge_status(route, observation, None).status == expected


def test_plain_http_that_is_silent_or_garbled() -> None:
    route = replace(ROUTE, scheme="http", port=80)
    assert edge_status(route, seen(Stage.CONNECTED, Ending.TIMEOUT), None).status == "unknown"
    assert edge_status(route, seen(Stage.CONNECTED, Ending.EOF), None).status == "520"


@pytest.mark.parametrize(
    ("mode", "scheme", "port", "leg"),
    [
        ("off", "https", 443, ("http", 80)),
        ("flexible", "https", 443, ("http", 80)),
        ("flexible", "https", 8443, ("https", 8443)),
        ("flexible", "http", 80, ("http", 80)),
        ("full", "https", 443, ("https", 443)),
        ("full", "http", 80, ("http", 80)),
        ("full", "http", 8080, ("http", 8080)),
        ("strict", "https", 2053, ("https", 2053)),
        ("origin_pull", "http", 80, ("https", 443)),
        ("origin_pull", "https", 443, ("https", 443)),
        ("unknown", "https", 443, ("https", 443)),
    ],
)
def test_the_origin_leg_of_a_mode(mode: str, scheme: str, port: int, leg: tuple[str, int]) -> None:
    assert origin_leg(mode, scheme, port) == leg


def test_only_the_strict_modes_validate_and_an_unknown_mode_is_not_known_to() -> None:
    assert [validates(each) for each in ("off", "flexible", "full")] == [False] * 3
    assert [validates(each) for each in ("strict", "origin_pull")] == [True] * 2
    assert validates("unknown") is None


def test_the_profile_offers_the_documented_suites_in_the_documented_order() -> None:
    documented = [
        0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC013, 0x9C, 0x2F, 0xC02C, 0xC030, 0xC028, 0x35,
        0x0A,
    ]  # fmt: skip
    assert [fact.code for fact in SUITES] == documented
    assert list(cloudflare().suites) == documented
    assert suite_fact(0xCCA8) is None


def test_the_three_post_quantum_variants() -> None:
    supported, preferred, off = (cloudflare(each) for each in PostQuantum)
    assert (supported.key_shares, preferred.key_shares, off.key_shares) == (
        (0x1D,), (0x11EC, 0x1D), (0x1D,),
    )  # fmt: skip
    assert supported.groups[0] == preferred.groups[0] == 0x11EC
    assert 0x11EC not in off.groups


def test_compliance_modes_narrow_the_offer() -> None:
    hybrid = cloudflare(compliance=("pqh",))
    assert hybrid.groups == hybrid.key_shares == (0x11EC,)
    assert hybrid.versions == (TLS13,)
    assert set(hybrid.suites) == {0x1301, 0x1302, 0x1303}
    nist = cloudflare(compliance=("fips",))
    assert nist.versions == (TLS13, TLS12)
    assert nist.key_shares == (0x17,)
    assert nist.groups == (0x11EC, 0x17, 0x18, 0x19)
    assert 0x11EC not in cloudflare(PostQuantum.OFF, compliance=("fips",)).groups
    both = cloudflare(compliance=("pqh", "fips"))
    assert both.groups == (0x11EC,)  # the two together leave something
    (hybrid_fact,) = (fact for fact in FIPS_GROUPS if fact.code == 0x11EC)
    assert hybrid_fact.certainty == "inferred"
    assert cloudflare(compliance=("cnsa2",)).groups == cloudflare().groups


def test_where_the_mode_is_not_known_what_is_wrong_is_said_for_each_mode() -> None:
    found = edge_status(replace(ROUTE, mode="unknown"), seen(**OK), REJECTED)
    first = REJECTED.decisive[0].text
    assert f"{first}: 526" in found.reason
    assert "526 in Full (strict), no error in Full" in found.reason
