"""What the tests with scripted TLS 1.3 servers share."""

from collections.abc import Callable

from cf525.edge.profile import cloudflare
from cf525.lab.ca import Issued
from cf525.tls import Handshake, TlsClient, profiles
from tests.servers.scripts import Script13
from tests.tls.conftest import make_client

Act = Callable[[Script13], None]


def started(leaf: Issued, **options: object) -> tuple[TlsClient, Script13]:
    client = make_client(profiles.without_post_quantum(cloudflare()))
    client.start(0.0)
    return client, Script13(client.data_to_send(), leaf, **options)  # type: ignore[arg-type]


def play(leaf: Issued, act: Act, **options: object) -> Handshake:
    client, server = started(leaf, **options)
    act(server)
    client.receive(server.output(), 1.0)
    return client.handshake()


def codes(seen: Handshake) -> list[str]:
    return [note.code for note in seen.notes if note.rejects]
