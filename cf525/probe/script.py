"""One probe, written once and without IO: a generator of commands that returns an observation.

The order is the edge's: connect, ClientHello, handshake to the verified Finished, one request,
the head of its answer. What the script decides by itself is only when enough has been seen; it
judges nothing.

    Open ─▶ [prelude] ─▶ ClientHello [in two pieces] ─▶ handshake ─▶ settle ─▶ request ─▶ Close

*Settle*: a server that asked for a client certificate may refuse its absence after the
handshake is over (RFC 8446 section 4.4.2.4). Sending a request at once would make such a server
reset the connection and the alert could be lost, so the script waits for the alert, a session
ticket, or a round trip and 300 ms.
"""

from collections.abc import Callable, Generator
from datetime import datetime
from typing import TypeAlias

from cf525.model import (
    Ending,
    HttpAnswer,
    Observation,
    Stage,
    Timings,
    TraceEntry,
)
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
from cf525.probe.plan import ProbePlan
from cf525.tls.client import TlsClient
from cf525.tls.handshake import Handshake, Notebook
from cf525.tls.limits import LIMITS

Script: TypeAlias = Generator[Command, Event | None, Observation]
Steps: TypeAlias = Generator[Command, Event | None, None]

SETTLE_GRACE = 300.0
PAGE_GRACE = 500.0
"""Milliseconds behind the head of an answer for the page that says why it is an error."""


def probe_script(
    plan: ProbePlan,
    *,
    random: Callable[[int], bytes],
    started_at: datetime,
    key_log: list[str] | None = None,
) -> Script:
    """The script of one probe. ``random`` gives so many random bytes; nothing raises out.

    ``key_log`` is given the connection's secrets when it is over.
    """
    probe = _Probe(plan, random)
    try:
        yield from probe.run()
    except Exception as fault:  # noqa: BLE001  a fault of ours is a result, never a traceback
        probe.fail(fault)
    yield Close()
    if key_log is not None and probe.client is not None:
        key_log += probe.client.key_log
    return probe.observation(started_at)


class _Probe:
    def __init__(self, plan: ProbePlan, random: Callable[[int], bytes]) -> None:
        self.plan = plan
        self.client: TlsClient | None = None
        if not plan.plain:
            self.client = TlsClient(
                plan.profile,
                plan.sni,
                random=random,
                client_certificate=plan.client_certificate,
            )
        self.now = 0.0
        self.connected_at: float | None = None
        self.stage = Stage.START
        self.ending: Ending | None = None
        self.detail = ""
        self.http1: Http1Answer | None = None
        self.http2: Http2Answer | None = None
        self.before_tls: list[TraceEntry] = []
        self.after_tls: list[TraceEntry] = []
        self.plain_sent = 0
        self.plain_received = 0

    # -- the exchange ---------------------------------------------------------------------

    def run(self) -> Steps:
        host, port = self.plan.route.endpoint
        event = yield Open(host, port, self.plan.deadline)
        if isinstance(event, Failed):
            self.now, self.ending, self.detail = event.at, event.ending, event.detail
            if event.ending is Ending.RESET:  # of a connection that was accepted, and not refused
                self.stage, self.connected_at = Stage.CONNECTED, event.at
            self._log(".", "TCP connect", detail=event.detail or str(event.ending))
            return
        assert isinstance(event, Opened)
        self.now = self.connected_at = event.at
        self.stage = Stage.CONNECTED
        self._log(".", "TCP connect", detail=f"{host} port {port}")
        if self.client is None:
            yield from self._ask(self._request_http1())
            return
        yield from self._handshake(self.client)
        if self.client.established and self.client.ended is None:
            yield from self._settle(self.client)
        if self._may_ask(self.client):
            yield from self._ask(self._request(self.client))

    def _handshake(self, client: TlsClient) -> Steps:
        client.start(self.now)
        hello = client.data_to_send()
        if self.plan.prelude:
            self._log(">", "PROXY header", len(self.plan.prelude))
            yield Send(self.plan.prelude)
        if self.plan.split is not None:
            half = len(hello) // 2 if self.plan.split_at is None else self.plan.split_at
            yield Send(hello[:half])
            yield Pause(self.plan.split)
            hello = hello[half:]
        yield Send(hello)
        while not (client.established or client.ended or self._enough(client)):
            if not (yield from self._exchange(client, self.plan.deadline)):
                break

    def _enough(self, client: TlsClient) -> bool:
        if self.plan.stop_at.reached(Stage.ESTABLISHED):
            return False
        return client.handshake().stage.reached(self.plan.stop_at)

    def _settle(self, client: TlsClient) -> Steps:
        """Give a server that asked for a certificate the time to refuse."""
        if client.handshake().certificate_request is None:
            return
        assert self.connected_at is not None
        until = min(self.now + self.connected_at + SETTLE_GRACE, self.plan.deadline)
        while client.ended is None and not client.handshake().session_ticket:
            if not (yield from self._exchange(client, until, final=False)):
                return

    def _exchange(
        self, client: TlsClient, deadline: float, *, final: bool = True
    ) -> Generator[Command, Event | None, bool]:
        """One wait and what follows from it; False when the deadline came first."""
        event = yield Wait(deadline)
        match event:
            case Received(data=data, at=at):
                self.now = at
                client.receive(data, at)
            case Closed(how=how, at=at):
                self.now = at
                client.peer_closed(how, at)
            case Expired(at=at):
                self.now = at
                if final:
                    client.peer_closed(Ending.TIMEOUT, at)
                return False
            case _:
                raise TypeError(f"a driver answered Wait with {event!r}")
        output = client.data_to_send()
        if output:
            yield Send(output)
        return True

    # -- the request ----------------------------------------------------------------------

    def _may_ask(self, client: TlsClient) -> bool:
        return self.plan.request and client.established and client.ended is None

    def _request(self, client: TlsClient) -> bytes:
        hello = client.handshake().server_hello
        if hello is not None and hello.alpn == "h2":
            self.http2 = Http2Answer(
                self.plan.host_header, self.plan.path, self.plan.visitor_scheme
            )
            self._log(">", "HTTP/2 preface and GET", detail=self.plan.path)
            return self.http2.opening()
        return self._request_http1()

    def _request_http1(self) -> bytes:
        plan = self.plan
        self.http1 = Http1Answer(whole=plan.headers is not None)
        self._log(">", "HTTP/1.1 GET", detail=plan.path)
        return request_head(plan.host_header, plan.path, plan.visitor_scheme, plan.headers)

    def _ask(self, request: bytes) -> Steps:
        answer = self.http2 or self.http1
        assert answer is not None
        yield from self._send(request)
        deadline = self.plan.deadline
        if self.client is not None:
            deadline = max(deadline, self.plan.answer_deadline)
            greeting = self.client.application_data()
            if greeting:  # it came with the last of the handshake, before anything was asked
                yield from self._send(answer.feed(greeting))
        while not answer.complete and (yield from self._hear(answer, deadline)):
            pass
        page = min(self.now + PAGE_GRACE, deadline)
        while answer.page_pending and (yield from self._hear(answer, page)):
            pass
        if answer.started:
            self.stage = Stage.APPLICATION_DATA
            self._log("<", "answer", detail=_summary(answer.answer()))

    def _hear(
        self, answer: Http1Answer | Http2Answer, deadline: float
    ) -> Generator[Command, Event | None, bool]:
        """One wait for more of the answer; False when nothing more can come."""
        event = yield Wait(deadline)
        data = self._application_data(event)
        if data:
            yield from self._send(answer.feed(data))
        return bool(data) or not self._over(event)

    def _send(self, data: bytes) -> Steps:
        if self.client is None:
            self.plain_sent += len(data)
        else:
            if data and self.client.ended is None:
                self.client.send(data, self.now)
            data = self.client.data_to_send()
        if data:
            yield Send(data)

    def _application_data(self, event: Event | None) -> bytes:
        """The application's bytes that an event brought, through TLS when there is TLS."""
        assert event is not None
        self.now = event.at
        if self.client is None:
            if isinstance(event, Received):
                self.plain_received += len(event.data)
                return event.data
            return b""
        if isinstance(event, Received):
            self.client.receive(event.data, event.at)
        elif isinstance(event, Closed):
            self.client.peer_closed(event.how, event.at)
        return self.client.application_data()

    def _over(self, event: Event | None) -> bool:
        """Whether nothing more can come after this event."""
        if isinstance(event, Expired):
            self.ending = Ending.TIMEOUT
            return True
        if isinstance(event, Closed):
            self.ending = event.how
            return True
        return self.client is not None and self.client.ended is not None

    # -- the result -----------------------------------------------------------------------

    def fail(self, fault: Exception) -> None:
        self.ending = Ending.INTERNAL_ERROR
        self.detail = type(fault).__name__

    def _log(self, direction: str, what: str, length: int = 0, detail: str = "") -> None:
        entry = TraceEntry(
            at=self.now, direction=direction, what=what, length=length, detail=detail
        )
        asked = self.http1 is not None or self.http2 is not None
        (self.after_tls if asked else self.before_tls).append(entry)

    def _http(self) -> HttpAnswer | None:
        answer = self.http2 or self.http1
        return answer.answer() if answer is not None and answer.started else None

    def _ending(self, seen: Handshake | None) -> Ending:
        if self.ending is Ending.INTERNAL_ERROR:
            return self.ending
        answer = self.http2 or self.http1
        if answer is not None and answer.complete:
            return Ending.DONE
        if seen is not None and seen.ending is not None:
            return seen.ending
        return self.ending or Ending.DONE

    def _merged_trace(self, tls: Handshake) -> tuple[TraceEntry, ...]:
        """In order of time; what shares an instant stands in the order of the layers."""
        entries = (*self.before_tls, *tls.trace, *self.after_tls)
        return tuple(sorted(entries, key=lambda entry: entry.at))

    def observation(self, started_at: datetime) -> Observation:
        plan = self.plan
        seen = self.client.handshake() if self.client is not None else None
        host, port = plan.route.endpoint
        tls = seen or Notebook(LIMITS).snapshot()
        stage = self.stage
        if tls.stage.reached(stage):
            stage = tls.stage
        return Observation(
            id=plan.id,
            route=plan.route.id,
            profile=plan.profile.name if seen is not None else "plain",
            variation=plan.variation,
            address=host,
            port=port,
            sni=plan.sni if seen is not None else None,
            started_at=started_at,
            stage=stage,
            ending=self._ending(seen),
            detail=self.detail or tls.detail,
            timings=Timings(
                connect=self.connected_at,
                first_byte=tls.first_byte_at,
                server_hello=tls.server_hello_at,
                established=tls.established_at,
                total=self.now,
            ),
            server_hello=tls.server_hello,
            alerts=tls.alerts,
            certificates=tls.certificates,
            certificate_request=tls.certificate_request,
            key_proof=tls.key_proof,
            stapled_ocsp=tls.stapled_ocsp,
            session_ticket=tls.session_ticket,
            notes=tls.notes,
            plaintext=tls.plaintext,
            http=self._http(),
            http2_settings=self.http2 is not None and self.http2.settings_seen,
            http2_end=self.http2.end if self.http2 is not None else None,
            trace=self._merged_trace(tls),
            bytes_sent=tls.bytes_sent + self.plain_sent,
            bytes_received=tls.bytes_received + self.plain_received,
        )


def _summary(answer: HttpAnswer | None) -> str:
    if answer is None:
        return "HTTP/2 SETTINGS"
    if answer.status is None:
        return f"not HTTP: {answer.body_head[:24].hex(' ')}"
    return f"HTTP {answer.status}"
