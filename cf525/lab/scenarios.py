"""The demo's world: a zone for each mode, a host for every scenario, and what is expected."""

from typing import Any, Final

from cf525.lab.world import ALL, EdgeAnswer, Origin, Record, Token, World, Zone
from cf525.lab.writes import EDIT
from cf525.values import dataclass

ZONE: Final = "example.com"
ZONES: Final = {"strict": ZONE, "full": "example.net", "flexible": "example.org"}
"""The zone of each SSL mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A hostname with a known fault. ``origins`` maps the record's address to what answers."""

    host: str
    story: str
    status: str
    headline: str | None
    origins: dict[str, Origin]
    records: tuple[Record, ...] = ()
    mode: str = "strict"
    showcase: bool = False


def _tls(host: str, **options: Any) -> Origin:
    return Origin(kind="tls", options={"names": (host,), **options})


def _one(
    place: int,
    label: str,
    story: str,
    status: str,
    headline: str | None,
    kind: str = "tls",
    *,
    mode: str = "strict",
    port: int = 443,
    showcase: bool = False,
    **options: Any,
) -> Scenario:
    """A scenario with one proxied A record and one origin, whose address ends in ``place``."""
    host = f"{label}.{ZONES[mode]}"
    address = f"203.0.113.{place}"
    origin = _tls(host, **options) if kind == "tls" else Origin(kind=kind, options=options)
    return Scenario(
        host=host,
        story=story,
        status=status,
        headline=headline,
        origins={f"{address}:{port}": origin},
        records=(Record(type="A", name=host, content=address),),
        mode=mode,
        showcase=showcase,
    )


def _two_addresses() -> Scenario:
    host = f"pair.{ZONE}"
    return Scenario(
        host=host,
        story="two addresses, one with an expired certificate",
        status="526",
        headline="one-of-several-addresses",
        origins={
            "203.0.113.60:443": _tls(host),
            "203.0.113.61:443": _tls(host, certificate="expired"),
        },
        records=tuple(
            Record(type="A", name=host, content=address)
            for address in ("203.0.113.60", "203.0.113.61")
        ),
    )


def _without_origin(label: str, story: str, status: str, headline: str, record: Record) -> Scenario:
    return Scenario(
        host=f"{label}.{ZONE}",
        story=story,
        status=status,
        headline=headline,
        origins={},
        records=(record,),
    )


TUNNEL_ID: Final = "6ff42ae2-765d-4adf-8112-31c55c1551ef"

SCENARIOS: Final = (
    _one(10, "healthy", "everything is right", "ok", None),
    _one(
        11,
        "www",
        "the server refuses the name",
        "525",
        "sni-rejected-112",
        known_names=(ZONE,),
        names=(ZONE, f"www.{ZONE}"),
        server="nginx",
        showcase=True,
    ),
    _one(
        12,
        "go",
        "a Go server without a certificate for the name",
        "525",
        "sni-rejected-80",
        known_names=(ZONE,),
        refusal=80,
    ),
    _one(13, "plain", "plain HTTP on port 443", "525", "no-tls-on-443", "http"),
    _one(14, "proxy", "a PROXY header is expected", "525", "proxy-protocol-expected", proxy=True),
    _one(
        15,
        "ciphers",
        "DHE suites only",
        "525",
        "no-common-cipher",
        certificate="rsa",
        versions=("TLS 1.2", "TLS 1.2"),
        ciphers="DHE-RSA-AES128-GCM-SHA256",
    ),
    _one(
        16, "ed25519", "an Ed25519 certificate", "525", "unusable-key-type", certificate="ed25519"
    ),
    _one(
        17,
        "mtls",
        "a client certificate is demanded, AOP is off",
        "525",
        "client-cert-required",
        client_certificate=True,
        versions=("TLS 1.2", "TLS 1.2"),
    ),
    _one(
        18,
        "reset",
        "the connection is dropped whatever is asked",
        "525",
        "closed-after-hello",
        "reset",
    ),
    _one(
        19,
        "silent",
        "the connection is accepted and never answered",
        "525",
        "silent-after-hello",
        "silent",
    ),
    _one(20, "closed", "nothing listens", "521", "port-refused", "refused"),
    _one(30, "expired", "an expired certificate", "526", "cert-expired", certificate="expired"),
    _one(
        31,
        "selfsigned",
        "a self-signed certificate",
        "526",
        "self-signed",
        certificate="self-signed",
    ),
    _one(
        32,
        "wrongname",
        "a certificate for another site",
        "526",
        "default-vhost-cert",
        certificate="other-name",
    ),
    _one(
        33,
        "leafonly",
        "the intermediate is not sent",
        "526",
        "incomplete-chain",
        certificate="no-intermediate",
    ),
    _one(
        34,
        "fullmode",
        "the same expired certificate in Full",
        "ok",
        None,
        mode="full",
        certificate="expired",
    ),
    _one(
        40,
        "loop",
        "Flexible, and the origin redirects to HTTPS",
        "redirect-loop",
        "flexible-redirect-loop",
        "http",
        mode="flexible",
        port=80,
        redirect=True,
    ),
    _two_addresses(),
    _without_origin(
        "tunnel",
        "a Cloudflare Tunnel",
        "unknown",
        "tunnel",
        Record(type="CNAME", name=f"tunnel.{ZONE}", content=f"{TUNNEL_ID}.cfargotunnel.com"),
    ),
    _without_origin(
        "inside",
        "a record that points into Cloudflare",
        "1000",
        "points-to-cloudflare",
        Record(type="A", name=f"inside.{ZONE}", content="104.16.0.99"),
    ),
    _without_origin(
        "grey",
        "a record that is DNS only",
        "not-applicable",
        "not-proxied",
        Record(type="A", name=f"grey.{ZONE}", content="203.0.113.50", proxied=False),
    ),
)


def _zone(mode: str, name: str) -> Zone:
    records = (record for each in SCENARIOS if each.mode == mode for record in each.records)
    return Zone(name=name, settings={"ssl": mode}, records=tuple(records))


WORLD: Final = World(
    tokens=(Token(value="demo"), Token(value="demo-fix", permissions=ALL | EDIT)),
    edge_fetches=True,
    edge_answers={
        f"tunnel.{ZONE}": EdgeAnswer(status=502, form="html"),
        f"inside.{ZONE}": EdgeAnswer(status=403, code="1000"),
    },
    zones=tuple(_zone(mode, name) for mode, name in ZONES.items()),
    origins={name: origin for each in SCENARIOS for name, origin in each.origins.items()},
)
