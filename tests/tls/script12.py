"""What the tests with scripted servers of TLS 1.2 and older share."""

from collections.abc import Callable

from cf525.edge.profile import ClientProfile
from cf525.lab.ca import Issued
from cf525.tls import Handshake, TlsClient
from tests.servers.scripts import Script12
from tests.tls.conftest import make_client

Act = Callable[[Script12], None]


def started(
    leaf: Issued, profile: ClientProfile | None = None, **options: object
) -> tuple[TlsClient, Script12]:
    client = make_client(profile)
    client.start(0.0)
    return client, Script12(client.data_to_send(), leaf, **options)  # type: ignore[arg-type]


def play(
    leaf: Issued, act: Act, profile: ClientProfile | None = None, **options: object
) -> Handshake:
    client, server = started(leaf, profile, **options)
    act(server)
    client.receive(server.output(), 1.0)
    return client.handshake()


def codes(seen: Handshake) -> list[str]:
    return [note.code for note in seen.notes if note.rejects]


def to_certificate(*steps: Act) -> Act:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()
        for step in steps:
            step(server)

    return act
