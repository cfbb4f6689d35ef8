"""An httpx client for the edge, whose every request is carried by a probe.

httpx makes the requests and follows what the answers say; the engine that probes origins puts
them on the wire. So a request through the edge is bounded and recorded, goes the way ``--via``
names and to the address that was checked, and a handshake that fails is known by its alert.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import httpx

import cf525
from cf525.model import Observation
from cf525.probe.plan import ProbePlan, Runner

Planner: TypeAlias = Callable[[httpx.Request], ProbePlan]

HEADERS: Final = {
    "User-Agent": f"cf525/{cf525.__version__} (TLS diagnosis)",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
}
"""All that a request says of itself."""
_DECODED: Final = ("content-encoding", "transfer-encoding", "content-length")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request met. ``following`` is where a redirect leads, None without a usable one."""

    observation: Observation
    following: httpx.URL | None = None


class ProbeTransport(httpx.AsyncBaseTransport):
    """One probe a request. ``planner`` says where it goes and what it offers; ``seen`` is what
    the last one met."""

    def __init__(self, planner: Planner, runner: Runner) -> None:
        self._planner = planner
        self._runner = runner
        self.seen: Observation

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer as far as it was read; raises httpx.TransportError where none came.

        The body is what stood on the wire: headers that would have httpx decode it are left to
        the observation.
        """
        self.seen = await self._runner(self._planner(request))
        answer = self.seen.http
        if answer is None or answer.status is None:
            raise httpx.TransportError(str(self.seen.ending))
        headers = [(name, value) for name, value in answer.headers if name not in _DECODED]
        return httpx.Response(
            answer.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            stream=httpx.ByteStream(answer.body_head),
        )


async def ask(url: str, planner: Planner, runner: Runner) -> Asked:
    """Ask for ``url`` once, with no cookie and no credential; never raises for an answer."""
    transport = ProbeTransport(planner, runner)
    async with httpx.AsyncClient(transport=transport, headers=HEADERS, trust_env=False) as client:
        try:
            response = await client.get(url, follow_redirects=False)
        except httpx.TransportError:  # no answer, or a Location that is no URL
            return Asked(transport.seen)
    following = response.next_request
    return Asked(transport.seen, following.url if following is not None else None)


def request_headers(request: httpx.Request) -> tuple[tuple[str, str], ...]:
    """The headers to send besides Host and Connection, which the engine writes."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in request.headers.raw
        if name.lower() not in (b"host", b"connection")
    )
