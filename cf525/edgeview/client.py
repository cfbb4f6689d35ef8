"""An httpx client for the edge, whose every request is carried by a probe.

httpx makes the requests and follows what the answers say; the engine that probes origins puts
them on the wire. So a request through the edge is bounded and recorded, goes the way ``--via``
names and to the address that was checked, and a handshake that fails is known by its alert.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

import httpx

from cf525.edge.profile import ALPN_H1, cloudflare
from cf525.model import DEFAULT_PORTS, Observation, PostQuantum, Route
from cf525.model.parsing import ConnectTo
from cf525.probe.plan import ProbePlan, Runner
from cf525.probe.reach import VISITOR_MODE
from cf525.values import dataclass
from cf525.version import __version__

HEADERS: Final = {
    "User-Agent": f"cf525/{__version__} (TLS diagnosis)",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
}
"""All that a request says of itself."""
_DECODED: Final = ("content-encoding", "transfer-encoding", "content-length")
_OURS: Final = (b"host", b"connection")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request met. ``following`` is where a redirect leads, None without a usable one."""

    observation: Observation
    following: httpx.URL | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeClient:
    """Asks at one of the edge's addresses as a visitor does; ``deadline`` is in milliseconds.

    Rules of ``connect_to`` that name a host are meant for the origin and are not followed; one
    that names the edge's address is.
    """

    address: str
    runner: Runner
    deadline: float
    connect_to: Sequence[ConnectTo] = ()

    async def ask(self, url: str, *, id: str) -> Asked:
        """Ask for ``url`` once, with no cookie and no credential; never raises for an answer.

        ``id`` names the request's route and its observation.
        """

        async def carry(request: httpx.Request) -> Observation:
            return await self.runner(self.plan(request, id=id))

        transport = ProbeTransport(carry)
        async with httpx.AsyncClient(
            transport=transport, headers=HEADERS, trust_env=False
        ) as client:
            try:
                response = await client.get(url, follow_redirects=False)
            except httpx.TransportError:  # no answer, or a Location that is no URL
                return Asked(transport.seen)
        following = response.next_request
        return Asked(transport.seen, following.url if following is not None else None)

    def plan(self, request: httpx.Request, *, id: str) -> ProbePlan:
        """The probe that carries a request."""
        url = request.url
        scheme, host = url.scheme, url.raw_host.decode("ascii")
        port = url.port or DEFAULT_PORTS[scheme]
        rules = (each for each in self.connect_to if each.host == self.address)
        places = (each.redirect(self.address, port) for each in rules)
        route = Route(
            id=id,
            mode=VISITOR_MODE,
            scheme=scheme,
            address=self.address,
            port=port,
            sni=host if scheme == "https" else None,
            host_header=host,
            alpn=ALPN_H1,
            accepted_names=(host,),
            dial=next((place for place in places if place is not None), None),
        )
        return ProbePlan(
            id=id,
            route=route,
            profile=replace(cloudflare(PostQuantum.SUPPORTED, ALPN_H1), name="visitor"),
            sni=route.sni,
            path=url.raw_path.decode("ascii"),
            host_header=request.headers["host"],
            headers=_own_headers(request),
            plain=scheme == "http",
            deadline=self.deadline,
        )


def _own_headers(request: httpx.Request) -> tuple[tuple[str, str], ...]:
    """The headers besides those that the engine writes."""
    pairs = ((name, value) for name, value in request.headers.raw if name.lower() not in _OURS)
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs)


class ProbeTransport(httpx.AsyncBaseTransport):
    """One probe a request; ``seen`` is what the last one met."""

    def __init__(self, carry: Callable[[httpx.Request], Awaitable[Observation]]) -> None:
        self._carry = carry
        self.seen: Observation

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer as far as it was read; raises httpx.TransportError where none came.

        The body is what stood on the wire: headers that would have httpx decode it are left to
        the observation.
        """
        self.seen = await self._carry(request)
        answer = self.seen.http
        if answer is None or answer.status is None:
            raise httpx.TransportError(str(self.seen.ending))
        headers = [(name, value) for name, value in answer.headers if name not in _DECODED]
        return httpx.Response(
            answer.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            stream=httpx.ByteStream(answer.body_head),
        )
