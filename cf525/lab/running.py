"""Starts a whole world: its API, its DNS, its origins and its CA, on loopback alone."""

import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cf525.account.credentials import Credentials
from cf525.diagnosis.options import Options
from cf525.errors import LabError
from cf525.lab import site
from cf525.lab.api import State
from cf525.lab.api_server import ApiServer
from cf525.lab.certificates import Certificates
from cf525.lab.dns_server import DnsServer
from cf525.lab.edge_stand_in import edge_origins
from cf525.lab.origins import Listening, OriginServers
from cf525.lab.working_edge import WorkingEdge
from cf525.lab.world import Origin, World
from cf525.model.parsing import ConnectTo
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A started world, and the main file of a ``site`` whose configuration can be read.

    ``origins`` maps "address:port" to where it listens on loopback; ``state`` is what the API was
    asked, and its faults.
    """

    world: World
    state: State
    api_base: str
    resolver: tuple[str, int]
    trust: Path
    origins: Mapping[str, Listening]
    site: Path

    @property
    def connect_to(self) -> tuple[ConnectTo, ...]:
        """The rules that lead from the world's addresses to its loopback ports."""
        rules = []
        for endpoint, listening in self.origins.items():
            host, _, port = endpoint.rpartition(":")
            rules.append(
                ConnectTo(
                    host=host.strip("[]"),
                    port=int(port),
                    to_host="127.0.0.1",
                    to_port=listening.port,
                )
            )
        return tuple(rules)

    def options(self) -> Options:
        """What a diagnosis of this world needs."""
        return Options(
            credentials=Credentials(self.world.tokens[0].value, "the lab"),
            api_base=self.api_base,
            resolver=self.resolver,
            connect_to=self.connect_to,
            trust_files=(self.trust,),
            edge=False,
            fetch=False,
        )


@contextmanager
def start(world: World, *, api_latency: float = 0.0) -> Iterator[Lab]:
    """Run the world until the block ends. ``api_latency`` is in seconds. Raises LabError where
    this machine does not reach itself."""
    _check_loopback()
    certificates = Certificates()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cf525-lab-")))
        trust = folder / "lab-ca.pem"
        trust.write_bytes(certificates.root.pem)
        state = State(world, issuer=certificates.root)
        api = stack.enter_context(ApiServer(state, latency=api_latency))
        dns = stack.enter_context(DnsServer(world))
        state.changed = dns.of_world
        servers = stack.enter_context(OriginServers(certificates.issue))
        started: dict[str, Listening] = {}
        edge = _edge(stack, world, state, started, certificates, folder)
        for endpoint, origin in world.origins.items():
            started[endpoint] = servers.start(endpoint, origin)
        yield Lab(
            world=world,
            state=state,
            api_base=api.base_url,
            resolver=dns.address,
            trust=trust,
            site=site.write(folder, certificates),
            origins=started
            | {
                f"{address}:{port}": listening
                for address in world.edge
                if ":" not in address
                for port, listening in edge.items()
            },
        )


def _check_loopback() -> None:
    """One connection as all of the lab's are made."""
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=5),
        ):
            pass
    except OSError as error:
        raise LabError(
            "this machine does not reach itself at 127.0.0.1, where the whole lab is "
            f"({error.strerror or 'no answer'}): the loopback interface is down, or a firewall "
            "is before it",
            hint="bring it up: ip link set lo up",
        ) from None


def _edge(
    stack: ExitStack,
    world: World,
    state: State,
    started: Mapping[str, Listening],
    certificates: Certificates,
    folder: Path,
) -> dict[int, Listening]:
    """The edge's listeners, by port. One that works has a thread of its own, because it waits for
    the origins."""
    if not world.edge_fetches:
        servers = stack.enter_context(OriginServers(certificates.issue))
        origins = edge_origins(world)
        return {port: servers.start(f"edge:{port}", each) for port, each in origins.items()}
    client = folder / "client.pem"
    shown = certificates.root.issue("origin-pull.lab")
    client.write_bytes(shown.pem + shown.key_pem)
    edge = WorkingEdge(
        world=lambda: state.world,
        ports=lambda: {name: each.port for name, each in started.items()},
        trust=folder / "lab-ca.pem",
        client=client,
    )
    servers = stack.enter_context(OriginServers(certificates.issue))
    names = tuple(record.name for zone in world.zones for record in zone.records)
    names += tuple(each.name for zone in world.zones for each in zone.load_balancers)
    options = {"names": tuple(dict.fromkeys(names)), "answer": edge.answer}
    return {
        443: servers.start("edge:443", Origin(kind="tls", options=options)),
        80: servers.start("edge:80", Origin(kind="http", options=options)),
    }
