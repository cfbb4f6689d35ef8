"""An origin or a mode given by hand keeps what the account says about the handshake."""

import asyncio
from typing import Any

import pytest

from cf525.account.credentials import Credentials
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import plan_routes
from cf525.lab.world import Record
from cf525.model import Route
from cf525.model.parsing import ConnectTo, parse_target
from tests.account.labs import lab, world

HOST = "www.example.com"
HERE = ConnectTo(host=HOST, port=443, to_host="127.0.0.1", to_port=8443)


def planned(given: dict[str, Any], **zone: Any) -> Route:
    one = world(
        settings={"ssl": zone.pop("ssl", "strict"), "tls_client_auth": "on"},
        trust_store=({"certificate": ""},),
        **zone,
    )

    async def run(base: str, resolver: tuple[str, int]) -> Route:
        options = Options(
            credentials=Credentials("demo"), api_base=base, resolver=resolver, **given
        )
        async with Outside(options) as outside:
            (route,) = (await plan_routes(parse_target(HOST), outside)).routes
            return route

    with lab(one) as running:
        return asyncio.run(run(running.api.base_url, running.dns.address))


PRIVATE = (Record(type="A", name=HOST, content="10.0.0.9"),)


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ({"origins": (("203.0.113.9", 443),)}, {"records": PRIVATE}),
        ({"origins": (("203.0.113.9", 443),)}, {}),
        ({"connect_to": (HERE,)}, {"records": PRIVATE}),
    ],
)
def test_the_settings_of_the_handshake_are_read(
    given: dict[str, Any], zone: dict[str, Any]
) -> None:
    route = planned(given, **zone)
    assert route.probeable
    assert (route.mode, route.trust, route.client_certificate) == ("strict", "custom", "global")


def test_a_mode_with_tls_leaves_open_what_one_without_did_not_decide() -> None:
    route = planned({"mode": "strict"}, ssl="flexible")
    assert (route.scheme, route.trust, route.client_certificate) == ("https", "custom", "unknown")


def test_they_are_not_read_where_no_handshake_is_made() -> None:
    route = planned({}, records=PRIVATE)
    assert not route.probeable
    assert "was not read" in route.provenance["client_certificate"].detail
