"""An edge that works: it reads the zone as the API has it now, asks the origin, and answers.

Unlike the stand-in, whose answers are declared, it finds mode, rules, records and pools of a host
for itself, on every request, and speaks the standard library's TLS to the origin. It knows as much
of Cloudflare as a stop-gap needs, and shares no judgement with the product. Of the product it takes
the hello with a post-quantum key share alone, which that library cannot make.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cf525.account.expression import Truth, facts, holds
from cf525.lab.edge_stand_in import respond
from cf525.lab.world import EdgeAnswer, PoolOrigin, World, Zone
from cf525.model import PostQuantum, Route
from cf525.model.parsing import parse_target
from cf525.probe.driver import run_probe
from cf525.probe.plan import edge_plan
from cf525.values import dataclass

PATIENCE = 3.0
SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:"
    "AES128-GCM-SHA256:AES128-SHA:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "AES256-SHA"
)
"""What the edge offers below TLS 1.3 (ssl/origin-configuration/cipher-suites), as OpenSSL spells
it; those that OpenSSL leaves out by default are left out here as well."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How the edge would ask for a host: in which mode, which places, by which name."""

    mode: str
    places: tuple[tuple[str, int], ...]
    sni: str


@dataclass(frozen=True, slots=True)
class WorkingEdge:
    """``world`` is the newest one; ``ports`` leads from "address:port" to a loopback port;
    ``trust`` is the file of the roots that the edge trusts."""

    world: Callable[[], World]
    ports: Callable[[], Mapping[str, int]]
    trust: Path
    client: Path | None = None

    def answer(self, request: bytes) -> bytes:
        """The bytes for one request head."""
        lines = request.decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        host = fields.get("host", "").partition(":")[0]
        declared = self.world().edge_answers
        if host in declared:
            return respond(request, declared)
        return respond(request, {host: EdgeAnswer(status=self._status(host), cache="DYNAMIC")})

    def _status(self, host: str) -> int:
        """The status for a visitor; of several places the worst, as some visitor meets it."""
        world = self.world()
        zone = next((each for each in world.zones if _within(host, each.name)), None)
        if zone is None:
            return 409
        way = _way(world, zone, host)
        found = [self._asked(zone, way, address, port, host) for address, port in way.places]
        return max(found, default=530)

    def _asked(self, zone: Zone, way: _Way, address: str, port: int, host: str) -> int:
        place = self.ports().get(f"{address}:{port}")
        if place is None:
            return 522
        try:
            connection: socket.socket = socket.create_connection(("127.0.0.1", place), PATIENCE)
        except OSError:
            return 521
        with connection:
            if way.mode in ("off", "flexible"):
                return _exchange(connection, host)
            if zone.setting("origin_pqe") == "preferred" and not _takes_large_hello(place, way.sni):
                return 525
            context = self._context(zone, way.mode)
            try:
                with context.wrap_socket(connection, server_hostname=way.sni) as tls:
                    return 525 if _unusable(tls) else _exchange(tls, host)
            except ssl.SSLCertVerificationError:
                return 526
            except OSError:
                return 525

    def _context(self, zone: Zone, mode: str) -> ssl.SSLContext:
        stored = "\n".join(each["certificate"] for each in zone.trust_store)
        if stored:  # a zone's own roots replace all others
            context = ssl.create_default_context(cadata=stored)
        else:
            context = ssl.create_default_context(cafile=str(self.trust))
        context.set_ciphers(SUITES)
        if mode == "full":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if zone.setting("origin_max_http_version") == "2":
            context.set_alpn_protocols(["h2", "http/1.1"])
        else:
            context.set_alpn_protocols(["http/1.1"])
        if zone.setting("tls_client_auth") == "on" and self.client is not None:
            context.load_cert_chain(self.client)
        return context


def _unusable(tls: ssl.SSLSocket) -> bool:
    """Whether the certificate's key is of a kind for which the edge offers no signature."""
    der = tls.getpeercert(binary_form=True)
    key = x509.load_der_x509_certificate(der).public_key() if der else None
    return isinstance(key, Ed25519PublicKey | Ed448PublicKey)


def _takes_large_hello(port: int, sni: str) -> bool:
    """Whether a hello with a post-quantum share is answered on this port."""
    route = Route(
        id="lab",
        mode="full",
        scheme="https",
        address="127.0.0.1",
        port=port,
        sni=sni,
        host_header=sni,
        post_quantum=PostQuantum.PREFERRED,
    )
    plan = edge_plan(route, parse_target(sni), id="lab")
    with ThreadPoolExecutor(1) as elsewhere:  # a loop is running in this thread
        return elsewhere.submit(lambda: asyncio.run(run_probe(plan))).result().answered


def _way(world: World, zone: Zone, host: str) -> _Way:
    known = facts(parse_target(host), zone.name, at=int(time.time()))
    mode, sni, port, elsewhere = str(zone.setting("ssl")), host, 0, ""
    for rule in zone.config_rules:
        if rule.enabled and holds(rule.expression, known).truth is Truth.TRUE:
            mode = str(rule.parameters.get("ssl", mode))
    for rule in zone.origin_rules:
        if rule.enabled and holds(rule.expression, known).truth is Truth.TRUE:
            given: Mapping[str, Any] = rule.parameters
            sni = str(given.get("host_header", sni))
            sni = str(given.get("sni", {}).get("value", sni))
            port = int(given.get("origin", {}).get("port", port))
            elsewhere = str(given.get("origin", {}).get("host", elsewhere))
    usual = port or (80 if mode in ("off", "flexible") else 443)
    balancer = next((each for each in zone.load_balancers if each.name == host), None)
    if balancer is not None:
        pools = {each.name: each for each in world.account(zone.account).pools}
        first = next(
            (_on(pools[each].origins) for each in balancer.pools if _on(pools[each].origins)), ()
        )
        return _Way(mode, tuple((each.address, each.port or usual) for each in first), sni)
    records = [each for each in zone.records if each.name == (elsewhere or host)]
    return _Way(mode, tuple((each.content, usual) for each in records), sni)


def _on(origins: tuple[PoolOrigin, ...]) -> tuple[PoolOrigin, ...]:
    return tuple(each for each in origins if each.enabled)


def _within(host: str, zone: str) -> bool:
    return host == zone or host.endswith(f".{zone}")


def _exchange(connection: socket.socket, host: str) -> int:
    """The status of the origin's answer to one request."""
    try:
        connection.settimeout(PATIENCE)
        chosen = getattr(connection, "selected_alpn_protocol", lambda: None)()
        if chosen == "h2":
            return 520  # this edge speaks it no further than the handshake
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(connection.recv(65536).split(b" ", 2)[1])
    except (OSError, IndexError, ValueError):
        return 520
