"""The probe's script as a playbook: what it asks for, what it is told, what it makes of it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from cf525.edge.answer import HEAD_LIMIT
from cf525.lab.ca import Authority
from cf525.model import Ending, Observation, Route, Stage, Target, Variable, Variation
from cf525.model.registry import TLS12
from cf525.probe.answer import Http1Answer, request_head
from cf525.probe.answer2 import Http2Answer
from cf525.probe.commands import (
    Close,
    Closed,
    Command,
    Event,
    Expired,
    Failed,
    Open,
    Opened,
    Pause,
    Received,
    Send,
    Wait,
)
from cf525.probe.plan import edge_plan, vary
from cf525.probe.script import Script, probe_script
from tests.servers.inprocess import OpenSSLPeer, openssl_context

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TARGET = Target(scheme="https", host="a.example", port=443)
ROUTE = Route(
    id="r1", mode="full", scheme="https", address="203.0.113.7", port=443, sni="a.example",
    host_header="a.example", alpn=("http/1.1",),
)  # fmt: skip
PLAN = edge_plan(ROUTE, TARGET, id="o1")
CA = Authority()
LEAF = CA.issue("a.example")


def zeros(count: int) -> bytes:
    return bytes(range(1, 33))[:1] * count


def play(script: Script, events: Sequence[Event]) -> tuple[list[Command], Observation]:
    """Feed the events to whatever waits; the commands asked for, and the observation."""
    queue = list(events)
    commands: list[Command] = []
    event: Event | None = None
    try:
        while True:
            command = script.send(event)
            commands.append(command)
            event = queue.pop(0) if isinstance(command, Open | Wait) else None
    except StopIteration as end:
        assert not queue, f"left over: {queue}"
        return commands, end.value


def start(plan: object = PLAN) -> Script:
    return probe_script(plan, random=zeros, started_at=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failure", "ending"),
    [(Ending.REFUSED, Ending.REFUSED), (Ending.CONNECT_TIMEOUT, Ending.CONNECT_TIMEOUT)],
)
def test_a_connection_that_fails_is_the_whole_observation(failure: Ending, ending: Ending) -> None:
    commands, seen = play(start(), [Failed(failure, "ECODE", 3.0)])
    assert [type(each) for each in commands] == [Open, Close]
    assert (seen.ending, seen.stage, seen.detail) == (ending, Stage.START, "ECODE")


def test_a_reset_as_it_opens_is_that_of_a_connection_that_was_accepted() -> None:
    """A port that refuses says so otherwise (RFC 9293 section 3.10.7.3)."""
    _, seen = play(start(), [Failed(Ending.RESET, "ECONNRESET", 3.0)])
    assert (seen.ending, seen.stage, seen.timings.connect) == (Ending.RESET, Stage.CONNECTED, 3.0)


def test_the_hello_goes_out_first_and_a_close_is_seen() -> None:
    commands, seen = play(start(), [Opened(1.0), Closed(Ending.EOF, 2.0)])
    assert [type(each) for each in commands] == [Open, Send, Wait, Close]
    assert (seen.ending, seen.stage, seen.bytes_received) == (Ending.EOF, Stage.HELLO_SENT, 0)
    assert seen.timings.connect == 1.0


def test_silence_is_a_timeout_and_not_an_error() -> None:
    _, seen = play(start(), [Opened(1.0), Expired(3500.0)])
    assert (seen.ending, seen.stage) == (Ending.TIMEOUT, Stage.HELLO_SENT)
    assert seen.timings.total == 3500.0


def test_a_banner_is_plaintext() -> None:
    _, seen = play(start(), [Opened(1.0), Received(b"SSH-2.0-x\r\n", 2.0)])
    assert seen.ending is Ending.PLAINTEXT
    assert seen.plaintext is not None
    assert seen.plaintext.kind == "ssh"


def test_a_proxy_header_precedes_the_hello() -> None:
    plan = vary(PLAN, Variation(variable=Variable.PROXY, value="v1"), id="o2")
    commands, seen = play(start(plan), [Opened(1.0), Closed(Ending.RESET, 2.0)])
    sent = [each.data for each in commands if isinstance(each, Send)]
    assert sent[0].startswith(b"PROXY TCP4 ")
    assert sent[1][0] == 0x16
    assert seen.variation is not None


def test_a_split_hello_goes_out_in_two_pieces_with_a_pause() -> None:
    plan = vary(PLAN, Variation(variable=Variable.SPLIT, value="300"), id="o2")
    commands, _ = play(start(plan), [Opened(1.0), Closed(Ending.RESET, 2.0)])
    assert [type(each) for each in commands] == [Open, Send, Pause, Send, Wait, Close]
    first, second = (each.data for each in commands if isinstance(each, Send))
    assert len(first) == len(second) or len(first) + 1 == len(second)
    assert int.from_bytes(first[3:5]) + 5 == len(first + second)  # one whole record


def conversation(script: Script, peer: OpenSSLPeer, *, answer: bytes = b"") -> Observation:
    """Let the script talk to a server in memory."""
    event: Event | None = None
    inbox: list[bytes] = []
    at = 0.0
    try:
        while True:
            command = script.send(event)
            event, at = None, at + 1.0
            match command:
                case Open():
                    event = Opened(at)
                case Send(data=data):
                    reply = peer.exchange(data)
                    inbox += [reply] if reply else []
                case Wait() if inbox:
                    event = Received(inbox.pop(0), at)
                case Wait() if peer.closed:
                    event = Closed(Ending.EOF, at)
                case Wait(deadline=deadline):
                    event = Expired(deadline)
                case _:
                    pass
    except StopIteration as end:
        result: Observation = end.value
        return result


def test_a_whole_probe_ends_with_the_servers_finished_and_waits_for_an_answer() -> None:
    seen = conversation(start(), OpenSSLPeer(openssl_context(LEAF)))
    assert seen.established
    assert seen.certificates == (LEAF.der,)
    assert seen.ending is Ending.TIMEOUT  # this peer answers no HTTP
    assert [each.what for each in seen.trace][:2] == ["TCP connect", "ClientHello"]


def test_a_late_refusal_of_the_missing_certificate_is_seen() -> None:
    context = openssl_context(LEAF, client_ca=CA.certificate)
    seen = conversation(start(), OpenSSLPeer(context))
    assert seen.established
    assert seen.fatal_alert is not None
    assert seen.fatal_alert.description == 116
    assert seen.http is None


def test_one_version_alone() -> None:
    plan = vary(PLAN, Variation(variable=Variable.VERSION, value="TLS 1.2"), id="o2")
    seen = conversation(start(plan), OpenSSLPeer(openssl_context(LEAF)))
    assert seen.server_hello is not None
    assert seen.server_hello.version == TLS12
    assert seen.ending is Ending.DONE


@pytest.mark.parametrize("variable", Variable)
def test_every_variable_changes_the_plan_and_says_so(variable: Variable) -> None:
    value = {
        Variable.VERSION: "TLS 1.2",
        Variable.PROFILE: "legacy",
        Variable.PROXY: "v1",
        Variable.SPLIT: "300",
        Variable.MUTE: "200",
        Variable.POST_QUANTUM: "off",
        Variable.CHALLENGE: "80",
        Variable.WITHOUT: "TLS 1.3 groups -001d",
    }.get(variable, "")
    changed = vary(PLAN, Variation(variable=variable, value=value), id="o2")
    assert changed.variation == Variation(variable=variable, value=value)


@pytest.mark.parametrize(
    ("data", "status", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody", 200, True),
        (b"HTTP/1.0 400 Bad Request\r\n\r\n", 400, True),
        (b"HTTP/1.1 421\r\nA: b\r\n\r\n", 421, True),
        (b"HTTP/1.1 200 OK\nServer: x\n\nbody", 200, True),
        (b"HTTP/1.1 200 OK\r\nServer", 200, False),
        (b"HTT", None, False),
        (b"220 smtp\r\n", None, True),
        (b"220 smtp", None, False),
        (bytes(range(9)), None, True),
        (b"HTTP/1.1 100 Continue\r\n\r\n", None, False),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 204 N\r\n\r\n",
            204,
            True,
        ),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, True),
        (b"HTTP/1.1 200 OK\r\n\r\n", 200, True),
        (b"HTTP/1.1 xyz\r\n\r\n", None, True),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * HEAD_LIMIT, 200, True),
    ],
)
def test_the_head_of_an_answer(data: bytes, status: int | None, complete: bool) -> None:
    answer = Http1Answer()
    for at in range(0, len(data), 7):
        answer.feed(data[at : at + 7])
    assert answer.answer().status == status
    assert answer.complete is complete


@pytest.mark.parametrize("end", ["\r\n", "\n", " ", "\x00", "\t"])
def test_a_name_cannot_begin_another_request(end: str) -> None:
    evil = f"a.example{end}X-Evil: 1\r\n\r\nDELETE /evil HTTP/1.1\r\nHost: b"
    head = request_head(evil, f"/{evil}", "https", [("x", f"1{evil}")])
    assert head.count(b"\r\n\r\n") == 1
    assert b"DELETE" not in head
    assert head.split(b"\r\n")[1] == b"Host: a.example"
    second = Http2Answer(evil, "/", "https").opening()
    assert b"DELETE" not in second
