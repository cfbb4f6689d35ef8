"""The visit on the wire: what is sent, to whom, and what a hostile edge can do to it."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from cf525.edgeview.client import EdgeClient
from cf525.edgeview.reading import read_visit
from cf525.lab.ca import Authority
from cf525.model import Observation, Target, VisitOutcome
from cf525.model.parsing import ConnectTo, parse_connect_to
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan
from cf525.probe.reach import Reach
from cf525.tls import ClientCertificate
from tests.servers.heard import attentive_probe
from tests.servers.inprocess import OpenSSLPeer, listening, openssl_context

HOST = "www.example.com"
EDGE = "104.16.0.25"
TARGET = Target(scheme="https", host=HOST, port=443, path="/a?b=c")
REQUEST = httpx.Request("GET", TARGET.url)
LEAF = Authority().issue(HOST)
RAY = b"CF-RAY: 8f2c0123456789ab-FRA\r\n"


def visitor(*rules: ConnectTo) -> EdgeClient:
    return EdgeClient(address=EDGE, runner=run_probe, deadline=1.0, connect_to=rules)


def visited(answer: bytes, deadline: float = 1_500) -> tuple[Observation, bytes]:
    """What is seen of an edge that sends these bytes, and what it was sent."""
    peers: list[OpenSSLPeer] = []
    context = openssl_context(LEAF)

    async def bounded(plan: ProbePlan) -> Observation:
        assert plan.deadline == deadline
        return await attentive_probe(plan)

    def make() -> OpenSSLPeer:
        peers.append(OpenSSLPeer(context, answer=answer))
        return peers[-1]

    with listening(make) as (address, port):
        rule = ConnectTo(host=EDGE, port=443, to_host=address, to_port=port)
        edge = EdgeClient(address=EDGE, runner=bounded, deadline=deadline, connect_to=(rule,))
        seen = asyncio.run(edge.ask(TARGET.url, id="edge")).observation
    return seen, peers[0].received


def test_the_request_is_a_visitors_and_bears_nothing_of_the_users() -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + RAY + b"Content-Length: 2\r\n\r\nok"
    seen, sent = visited(answer)
    lines = sent.decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    names = {line.partition(":")[0].lower() for line in lines[1:] if line}
    assert names == {
        *("host", "user-agent", "accept", "accept-encoding", "cache-control", "connection"),
    }
    assert "Accept: application/json" in lines
    assert seen.http is not None
    assert seen.http.body_head == b"ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 525 x\r\n" + RAY + b"Content-Length: 9999999\r\n\r\n" + b"x" * 300_000,
        b"HTTP/1.1 525 x\r\n" + RAY + b"Transfer-Encoding: chunked\r\n\r\n" + b"z" * 300_000,
        b"HTTP/1.1 525 x\r\n" + RAY + b"a: b\r\n" * 50_000,
        b"HTTP/1.1 525 x\r\n" + RAY + b"Content-Length: 5\r\n\r\n",
        b"HTTP/1.1 525 x\r\n" + RAY + b"Content-Length: -5, 7\r\n\r\nx",
    ],
)
def test_an_endless_or_unfinished_answer_is_cut_and_read(answer: bytes) -> None:
    seen, _ = visited(answer)
    assert read_visit(seen, trusted=True).code == "525"
    assert seen.http is not None
    assert len(seen.http.body_head) <= 16_384


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"\0" * 5_000, b"HTTP/1.1 9\r\n\r\n"])
def test_what_is_no_answer_says_nothing(answer: bytes) -> None:
    seen, _ = visited(answer, deadline=700)
    visit = read_visit(seen, trusted=True)
    assert visit.outcome is VisitOutcome.NO_ANSWER
    assert not visit.told


def test_rules_for_the_origin_do_not_lead_the_visit_there() -> None:
    rules = tuple(
        parse_connect_to(each)
        for each in (f"{HOST}:443:203.0.113.7:443", "::203.0.113.7:443", f"{HOST}::203.0.113.8:")
    )
    plan = visitor(*rules).plan(REQUEST, id="edge")
    assert plan.route.endpoint == (EDGE, 443)


def test_a_visitor_never_shows_the_edges_client_certificate() -> None:
    own = ClientCertificate(chain=(LEAF.der,), key=LEAF.key)  # type: ignore[arg-type]
    reach = Reach(client_certificate=own)
    plan = visitor().plan(REQUEST, id="edge")
    assert reach.equipped(plan).client_certificate is None
    to_origin = replace(plan, route=replace(plan.route, mode="strict"))
    assert reach.equipped(to_origin).client_certificate is own
