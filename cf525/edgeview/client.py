"""An httpx client for the edge, whose every request is carried by a probe.

httpx makes the requests and follows what the answers say; the engine that probes origins puts
them on the wire. So a request through the edge is bounded and recorded, goes the way ``--via``
names and to the address that was checked, and a handshake that fails is known by its alert.
"""

from collections.abc import Callable
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


class Unanswered(httpx.TransportError):
    """No HTTP answer came; ``observation`` says how far the connection got."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(str(observation.ending))
        self.observation = observation


class ProbeTransport(httpx.AsyncBaseTransport):
    """One probe a request. ``planner`` says where it goes and what it offers."""

    def __init__(self, planner: Planner, runner: Runner) -> None:
        self._planner = planner
        self._runner = runner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer as far as it was read; raises Unanswered where none came.

        The body is what stood on the wire: headers that would have httpx decode it are left to
        the observation, which is among the ``extensions``.
        """
        seen = await self._runner(self._planner(request))
        answer = seen.http
        if answer is None or answer.status is None:
            raise Unanswered(seen)
        headers = [(name, value) for name, value in answer.headers if name not in _DECODED]
        return httpx.Response(
            answer.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            stream=httpx.ByteStream(answer.body_head),
            extensions={"observation": seen},
        )


async def get(url: str, planner: Planner, runner: Runner) -> httpx.Response:
    """Ask for ``url`` once, with no cookie and no credential. Raises Unanswered."""
    transport = ProbeTransport(planner, runner)
    async with httpx.AsyncClient(transport=transport, headers=HEADERS, trust_env=False) as client:
        return await client.get(url, follow_redirects=False)


async def asked(url: str, planner: Planner, runner: Runner) -> Observation:
    """What one request for ``url`` met, with an HTTP answer or without."""
    try:
        response = await get(url, planner, runner)
    except Unanswered as none:
        return none.observation
    seen: Observation = response.extensions["observation"]
    return seen


def request_headers(request: httpx.Request) -> tuple[tuple[str, str], ...]:
    """The headers to send besides Host and Connection, which the engine writes."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in request.headers.raw
        if name.lower() not in (b"host", b"connection")
    )
