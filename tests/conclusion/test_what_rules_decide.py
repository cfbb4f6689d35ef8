"""What a rule, a store or a switch at Cloudflare decides is named, and what it rests on told.

Worlds of the lab give the routes; chains are judged for real, made by the lab's own authorities.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from cf525.account.resolve import Resolution
from cf525.causes.case import Case, Context
from cf525.conclusion import Seen, conclude
from cf525.diagnosis.judge import Judge
from cf525.edge.status import edge_status
from cf525.lab.ca import Authority
from cf525.lab.world import (
    Account,
    CustomHostname,
    LoadBalancer,
    Name,
    Pool,
    PoolOrigin,
    Record,
    Rule,
    World,
)
from cf525.model import (
    CertificateRequest,
    Confidence,
    Ending,
    HttpAnswer,
    Observation,
    Report,
    ServerHello,
    Stage,
)
from cf525.model.parsing import parse_target
from cf525.model.registry import TLS13
from cf525.pki.trust import ZONE, TrustStore, read_anchors
from cf525.report.screen import render
from tests.account.labs import lab, zone

HOST = "www.example.com"
A = "203.0.113.10"
NOW = datetime.now(UTC)
ROOT = Authority("Public Root")
OWN = Authority("Example Internal CA")
CHAIN_OF_HOST = f'http.host eq "{HOST}"'


def resolved(one: World, name: str = HOST) -> Resolution:
    with lab(one) as running:
        return running.resolve(name)


def reported(
    one: World,
    served: tuple[str, ...] = (HOST,),
    *,
    name: str = HOST,
    trust: TrustStore | None = None,
    **seen: Any,
) -> Report:
    """The report where every route is answered with a certificate for these names, or as told."""
    resolution = resolved(one, name)
    chain = (ROOT.issue(*served).der,) if served else ()
    judge = Judge(trust=trust or TrustStore.of(ROOT.der))
    context = Context(target=parse_target(name), zone=resolution.zone)
    cases = []
    for route in resolution.routes:
        met: dict[str, Any] = {
            "id": f"{route.id}.1", "route": route.id, "profile": "", "variation": None,
            "address": A, "port": route.port, "sni": route.sni, "started_at": NOW,
            "stage": Stage.ESTABLISHED, "ending": Ending.DONE, "certificates": chain,
            "server_hello": ServerHello(version=TLS13, suite=0x1301),
            "http": HttpAnswer(status=200),
        }  # fmt: skip
        edge = Observation(**{**met, **seen})
        verdict = judge.verdict(route, edge)
        status = edge_status(route, edge, verdict)
        cases.append(Case(context=context, route=route, status=status, edge=edge, verdict=verdict))
    return conclude(
        Seen(
            tool_version="1",
            started_at=NOW,
            context=context,
            cases=tuple(cases),
            unknowns=resolution.unknowns,
        )
    )


def screen(report: Report) -> str:
    return " ".join("\n".join(each.label + each.text for each in render(report)).split())


def site(mode: str = "strict", **changes: Any) -> World:
    settings = {"ssl": mode, **changes.pop("settings", {})}
    records = changes.pop("records", (Record(type="A", name=HOST, content=A),))
    names = changes.pop("names", {})
    accounts = changes.pop("accounts", (Account(name="lab"),))
    return World(
        accounts=accounts,
        zones=(zone(records=records, settings=settings, **changes),),
        names=names,
    )


# -- rules ----------------------------------------------------------------------------------


def routed(**parameters: Any) -> Rule:
    return Rule(
        expression=CHAIN_OF_HOST, parameters=parameters, action="route", description="moved"
    )


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"origin": {"port": 8443}}, 'Origin Rule "moved" sets the port 8443'),
        ({"sni": {"value": "b.example.com"}}, 'Origin Rule "moved" sets the SNI b.example.com'),
        (
            {"host_header": "b.example.com"},
            'Origin Rule "moved" sets the Host header and the SNI b.example.com',
        ),
    ],
)
def test_the_rule_that_decided_the_route_stands_on_the_first_screen(
    parameters: dict[str, Any], told: str
) -> None:
    one = site(origin_rules=(routed(**parameters),))
    report = reported(one, ("other.example.net",))
    assert report.edge_status == "526"
    assert f"RULE Look here first: {told}. If that is not meant, correct the rule" in screen(report)


def test_a_route_that_no_rule_made_names_none() -> None:
    report = reported(site(), ("other.example.net",))
    assert report.edge_status == "526"
    assert "RULE" not in screen(report)


@pytest.mark.parametrize(("port", "sure"), [(443, Confidence.HIGH), (8443, Confidence.MEDIUM)])
def test_flexible_that_acts_as_full_is_told_and_is_not_sure(port: int, sure: Confidence) -> None:
    mode = "full" if port == 443 else "flexible"
    dropped: dict[str, Any] = {
        "stage": Stage.HELLO_SENT, "ending": Ending.RESET, "server_hello": None, "http": None,
    }  # fmt: skip
    url = f"https://{HOST}:{port}/"
    report = reported(site(mode), (), name=url, **dropped)
    assert report.edge_status == "525"
    status = report.route_statuses[0].edge
    assert status.confidence is sure
    assert ("MODE the mode is Flexible, which acts as Full" in screen(report)) is (port == 8443)


# -- an object store ------------------------------------------------------------------------

BUCKET = "assets.example.com.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("provider", ["aws_s3", ""])
def test_the_name_of_an_object_store_is_not_the_visitors(provider: str) -> None:
    rule = Rule(expression=CHAIN_OF_HOST, parameters={"host": BUCKET}, action=provider)
    one = site(
        cloud_connector=(rule,) if provider else (),
        names={BUCKET: Name(addresses=("203.0.113.12",))},
    )
    report = reported(one, ("*.s3.eu-west-1.amazonaws.com",))
    shown = screen(report)
    assert report.edge_status == "526"
    assert (report.headline == "object-store-name") is bool(provider)
    if provider:
        assert f"does not cover {BUCKET}" in shown
        assert "Cloud Connector rule" in shown
        assert "certbot" not in shown
        assert "bucket without dots" in shown


# -- a trust store of the zone's own --------------------------------------------------------


def stored(pem: bytes) -> World:
    row = {"certificate": pem.decode(), "status": "active", "expires_on": "2036-01-01T00:00:00Z"}
    return site(trust_store=(row,))


def with_store(own: Authority) -> TrustStore:
    """What is trusted where the zone has a store, and somebody gave the public root by hand."""
    return TrustStore(
        published=ROOT.pem,
        extra=tuple(read_anchors(ROOT.pem, "given")),
        zone=tuple(read_anchors(own.pem, ZONE)),
        stand_ins=False,
    )


def test_a_store_of_the_zones_own_leaves_nothing_else_trusted() -> None:
    report = reported(stored(OWN.pem), trust=with_store(OWN))
    assert (report.edge_status, report.headline) == ("526", "cots-replaces-public-cas")
    assert "was not read" not in screen(report)
    assert report.chain_verdicts[0].trust[0] == ZONE


def test_a_chain_of_the_zones_own_store_is_taken_without_a_word() -> None:
    report = reported(stored(ROOT.pem), trust=with_store(ROOT))
    assert (report.edge_status, report.headline, report.confidence) == ("ok", None, Confidence.HIGH)
    assert "cots-replaces-public-cas" not in [each.id for each in report.findings]


# -- the client certificate's switch --------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "headline"),
    [({HOST: False}, "aop-off-for-host"), ({}, "client-cert-required")],
)
def test_the_switch_of_the_hostname_is_the_fix(hosts: dict[str, bool], headline: str) -> None:
    one = site(aop_hosts=hosts, aop_zone=bool(hosts))
    report = reported(one, http=HttpAnswer(status=400), certificate_request=CertificateRequest())
    assert (report.edge_status, report.headline) == ("origin-400", headline)
    shown = screen(report)
    assert ("Switch Authenticated Origin Pulls on" in shown) is bool(hosts)
    assert "only Cloudflare holds its key" not in shown


# -- what is not documented -----------------------------------------------------------------


def custom(sni: str) -> World:
    hostname = CustomHostname(hostname=HOST, origin="origin.example.net", sni=sni)
    return World(
        zones=(
            zone(
                name="provider.example",
                settings={"ssl": "strict"},
                records=(),
                custom_hostnames=(hostname,),
            ),
        ),
        names={"origin.example.net": Name(addresses=(A,))},
    )


@pytest.mark.parametrize(
    ("sni", "sure"), [("", Confidence.LOW), (":request_host_header:", Confidence.HIGH)]
)
def test_strict_at_a_custom_origin_is_no_sure_ok(sni: str, sure: Confidence) -> None:
    report = reported(custom(sni), (HOST, "origin.example.net"))
    assert (report.edge_status, report.confidence) == ("ok", sure)


@pytest.mark.parametrize(
    ("host", "sure"), [("b.example.com", Confidence.LOW), ("", Confidence.HIGH)]
)
def test_the_sni_after_an_endpoints_host_header_is_no_sure_thing(
    host: str, sure: Confidence
) -> None:
    endpoint = PoolOrigin(address=A, host=host) if host else PoolOrigin(address=A)
    one = site(
        accounts=(Account(name="lab", pools=(Pool(name="web", origins=(endpoint,)),)),),
        load_balancers=(LoadBalancer(name=HOST, pools=("web",)),),
    )
    report = reported(one, (HOST, "b.example.com"))
    assert (report.edge_status, report.confidence) == ("ok", sure)


@pytest.mark.parametrize(
    ("served", "sure"), [("app.paas.test", Confidence.LOW), ("x.test", Confidence.HIGH)]
)
def test_a_name_behind_the_cname_target_may_count(served: str, sure: Confidence) -> None:
    record = Record(type="CNAME", name=HOST, content="first.test")
    names = {"first.test": Name(cname="app.paas.test"), "app.paas.test": Name(addresses=(A,))}
    report = reported(site(records=(record,), names=names), (served,))
    assert (report.edge_status, report.confidence) == ("526", sure)


@pytest.mark.parametrize("present", [True, False])
def test_a_snippet_that_may_fetch_elsewhere_leaves_a_failure_likely(present: bool) -> None:
    rule = Rule(expression=CHAIN_OF_HOST, parameters={"snippet_name": "x"})
    report = reported(site(snippets=(rule,) if present else ()), ("other.example.net",))
    assert report.edge_status == "526"
    assert report.confidence is (Confidence.MEDIUM if present else Confidence.HIGH)
