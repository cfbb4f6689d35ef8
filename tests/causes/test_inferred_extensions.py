"""Servers that refuse a part of the hello which the edge is only inferred to send."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cf525.causes.waves import MAX_CONNECTIONS
from cf525.edge.profile import INFERRED_EXTENSIONS, cloudflare
from cf525.model.registry import extension_name
from cf525.tls import profiles
from tests.causes.misleading import alerts, answering, drops
from tests.causes.scenarios import HOST, Talk, diagnosed, hello_of, route, scripted
from tests.causes.test_scenarios import GOOD, ROOT
from tests.servers.inprocess import openssl_context
from tests.servers.raw import Hello

Refusal = Callable[[socket.socket], None]


def minding(kind: int, refusal: Refusal, name: bytes = b"") -> Talk:
    """Refuses every hello that has this extension (and names this host)."""
    context = openssl_context(GOOD)

    def talk(connection: socket.socket) -> None:
        data = hello_of(connection)
        hello = Hello(data)
        if kind in hello.extensions and name in hello.extensions.get(0, b""):
            refusal(connection)
        else:
            answering(connection, data, context)

    return talk


@pytest.mark.parametrize("kind", INFERRED_EXTENSIONS)
@pytest.mark.parametrize("refusal", [alerts(80), alerts(40), drops])
def test_the_extension_is_named_and_the_verdict_no_surer_than_that_the_edge_sends_it(
    kind: int, refusal: Refusal, tmp_path: Path
) -> None:
    with scripted(minding(kind, refusal)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (found[0].id, found[0].confidence) == ("inferred-extension", "low")
    assert extension_name(kind) in found[0].title
    assert case.status.status == "525"
    assert case.status.confidence != "high"
    assert len(case.probes) < MAX_CONNECTIONS


def test_a_name_whose_stapling_is_broken_is_not_a_name_that_is_refused(tmp_path: Path) -> None:
    with scripted(minding(5, alerts(80), HOST.encode())) as place:
        _, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert found[0].id == "inferred-extension"
    assert "sni-rejected-80" not in {each.id for each in found}


def test_who_refuses_everything_is_not_said_to_mind_an_extension(tmp_path: Path) -> None:
    with scripted(alerts(40)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert "inferred-extension" not in {each.id for each in found}
    assert case.status.confidence == "high"


def test_all_that_is_left_out_was_in_the_hello() -> None:
    whole = cloudflare()
    assert set(INFERRED_EXTENSIONS) < set(whole.extensions)
    rest = profiles.without_extensions(whole, INFERRED_EXTENSIONS)
    assert rest.extensions == (0, 0xFF01, 10, 11, 16, 13, 51, 43)
