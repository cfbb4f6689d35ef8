"""One world for each remedy: what is broken there, what the remedy predicts, what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cf525.lab.ca import Authority, Issued
from cf525.lab.world import (
    Account,
    LoadBalancer,
    Origin,
    Pool,
    PoolOrigin,
    Record,
    World,
)
from tests.fixing.worlds import ADDRESS, HOST, world


def tls(**options: Any) -> Origin:
    return Origin(kind="tls", options={"names": (HOST,), **options})


def at(port: int = 443, **others: Any) -> Mapping[str, Origin]:
    """Origins at the usual address; nothing listens on port 80 unless said."""
    origins = {f"{ADDRESS}:80": Origin(kind="refused")}
    return {**origins, **{f"{ADDRESS}:{name[1:]}": each for name, each in others.items()}}


@dataclass(frozen=True, kw_only=True)
class Case:
    """``was`` and ``then`` are what the working edge answers before and after."""

    remedy: str
    world: Callable[[Path], World]
    was: int | None
    then: int | None
    predicted: str
    value: str = ""
    whole_zone: bool = False
    wanted: Mapping[str, Any] = field(default_factory=dict)


def _pooled() -> World:
    one = world(
        {"203.0.113.8:443": tls(), "203.0.113.9:443": tls(certificate="expired")},
        records=(),
        load_balancers=(LoadBalancer(name=HOST, pools=("pool",)),),
    )
    pool = Pool(
        name="pool",
        origins=(PoolOrigin(address="203.0.113.8"), PoolOrigin(address="203.0.113.9")),
    )
    return World(
        accounts=(Account(name="lab", pools=(pool,)),),
        tokens=one.tokens,
        zones=one.zones,
        origins=one.origins,
        edge_fetches=True,
    )


def installed(folder: Path) -> Issued | None:
    """What ``fix`` left in the folder, as a server loads it."""
    key, certificate = folder / f"{HOST}.key", folder / f"{HOST}.pem"
    if not certificate.exists():
        return None
    loaded: Any = serialization.load_pem_private_key(key.read_bytes(), None)
    return Issued(x509.load_pem_x509_certificate(certificate.read_bytes()), loaded)


CASES = (
    Case(remedy="mode-for-host", world=lambda _: world(), was=526, then=200, predicted="ok"),
    Case(
        remedy="mode-for-host",
        value="flexible",
        world=lambda _: world(
            {f"{ADDRESS}:443": Origin(kind="reset"), f"{ADDRESS}:80": Origin(kind="http")}
        ),
        was=525,
        then=200,
        predicted="ok",
    ),
    Case(
        remedy="sni-for-host",
        value="other.example.com",
        world=lambda _: world(
            at(_443=tls(names=("other.example.com",), known_names=("other.example.com",))),
            plan="enterprise",
        ),
        was=525,
        then=200,
        predicted="ok",
    ),
    Case(
        remedy="port-for-host",
        value="8443",
        world=lambda _: world(at(_443=Origin(kind="reset"), _8443=tls())),
        was=525,
        then=200,
        predicted="ok",
    ),
    Case(
        remedy="pool-endpoint-off",
        world=lambda _: _pooled(),
        was=526,
        then=200,
        predicted="ok",
    ),
    Case(
        remedy="pq-off",
        world=lambda _: world(
            at(_443=tls(small_hello=1000)),
            settings={"ssl": "strict", "origin_pqe": "preferred", "auto_origin_tls_kex": True},
        ),
        was=525,
        then=200,
        predicted="ok",
        whole_zone=True,
    ),
    Case(
        remedy="http1-to-origin",
        world=lambda _: world(at(_443=tls(claims_h2=True))),
        was=520,
        then=200,
        predicted="ok",
        whole_zone=True,
    ),
    Case(
        remedy="origin-pull",
        world=lambda _: world(
            at(_443=tls(client_certificate=True, versions=("TLS 1.2", "TLS 1.2")))
        ),
        was=525,
        then=200,
        predicted="unknown",
        whole_zone=True,
    ),
    Case(
        remedy="zone-mode",
        world=lambda _: world(
            {
                f"{ADDRESS}:80": Origin(kind="http", options={"redirect": True}),
                f"{ADDRESS}:443": tls(),
            },
            settings={"ssl": "flexible"},
            config_rules=(),
        ),
        was=200,  # a redirect is an answer; the loop is the browser's
        then=200,
        predicted="ok",
        whole_zone=True,
    ),
    Case(
        remedy="grey-record",
        # The zone trusts a root of its own alone; browsers know nothing of that.
        world=lambda _: world(
            {
                f"{address}:{port}": tls() if port == 443 else Origin(kind="refused")
                for address in (ADDRESS, "203.0.113.8")
                for port in (80, 443)
            },
            trust_store=({"certificate": Authority("Another Root").pem.decode()},),
            records=(
                Record(type="A", name=HOST, content=ADDRESS),
                Record(type="A", name=HOST, content="203.0.113.8"),
                Record(type="A", name="shop.example.com", content=ADDRESS),
            ),
        ),
        was=526,
        then=None,
        predicted="not-applicable",
    ),
    Case(
        remedy="origin-ca",
        world=lambda home: world(
            at(_443=tls(certificate="expired", installed=lambda: installed(home)))
        ),
        was=526,
        then=200,
        predicted="ok",
    ),
)
