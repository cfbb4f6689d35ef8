"""A lab for the account tests: a world served on loopback, and one resolution through it."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from cf525.account.client import Client, Limits
from cf525.account.credentials import Credentials
from cf525.account.resolve import Resolution, resolve
from cf525.lab.api import Fault, State
from cf525.lab.api_server import ApiServer
from cf525.lab.dns_server import DnsServer
from cf525.lab.world import ALL, Record, Token, World, Zone
from cf525.model import Route
from cf525.model.parsing import parse_target
from cf525.net.dns import Resolver

QUICK = Limits(timeout=60.0, patience=1.0, backoff=0.01)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True)
class Lab:
    api: ApiServer
    dns: DnsServer

    def client(self, token: str = "demo", limits: Limits = QUICK) -> Client:
        return Client(Credentials(token), base_url=self.api.base_url, limits=limits)

    def resolver(self) -> Resolver:
        return Resolver(self.dns.address, timeout=20.0)

    def resolve(
        self, target: str, token: str = "demo", limits: Limits = QUICK, *, lean: bool = False
    ) -> Resolution:
        async def run() -> Resolution:
            async with self.client(token, limits) as client:
                return await resolve(
                    parse_target(target),
                    client=client,
                    resolver=self.resolver(),
                    allowed=LOOPBACK,
                    lean=lean,
                )

        resolution = asyncio.run(run())
        for unknown in resolution.unknowns:  # they are read as sentences
            for sentence in (unknown.text, unknown.next):
                assert sentence[0].isupper(), sentence
                assert sentence.endswith("."), sentence
        return resolution


@contextmanager
def lab(
    world: World,
    *faults: Fault,
    latency: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> Iterator[Lab]:
    state = State(world, faults, headers or {})
    with ApiServer(state, latency=latency) as api, DnsServer(world) as dns:
        yield Lab(api, dns)


def zone(**changes: Any) -> Zone:
    """A zone with one proxied name, in Full (strict)."""
    given: dict[str, Any] = {
        "name": "example.com",
        "settings": {"ssl": "strict"},
        "records": (Record(type="A", name="www.example.com", content="203.0.113.7"),),
    }
    return Zone(**{**given, **changes})


def world(**changes: Any) -> World:
    """A world of that one zone; ``changes`` are the zone's."""
    return World(zones=(zone(**changes),))


def without(*permissions: str) -> Token:
    return Token(value="demo", permissions=ALL - set(permissions))


def routes(one: World, target: str = "www.example.com") -> tuple[Route, ...]:
    with lab(one) as running:
        return running.resolve(target).routes


def unknown_ids(resolution: Resolution) -> set[str]:
    return {unknown.id for unknown in resolution.unknowns}
