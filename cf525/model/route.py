"""Routes: how the edge would fetch a target, every value with its provenance."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from cf525.values import dataclass


class Certainty(StrEnum):
    """How sure a fact is."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    INFERRED = "inferred"


class PostQuantum(StrEnum):
    """The zone's post-quantum setting towards origins (``origin_pqe``)."""

    SUPPORTED = "supported"  # hybrid advertised, classical key share first
    PREFERRED = "preferred"  # hybrid key share first
    OFF = "off"


class NotProbeable(StrEnum):
    """Why nothing on the public network answers for a route as the edge sees it."""

    TUNNEL = "tunnel"
    TUNNEL_DOWN = "tunnel-down"  # no connector is connected
    CLOUDFLARE_ADDRESS = "cloudflare-address"
    PROHIBITED = "prohibited-address"  # the same, by the very record or pool: the edge refuses it
    PLACEHOLDER = "placeholder"
    PRIVATE = "private"
    SPECIAL = "special-purpose"  # set apart from the public Internet; asked only if a person says
    PRIVATE_NETWORK = "private-network"  # reached through a virtual network of the account
    UNRESOLVED = "unresolved"
    NO_ADDRESS = "no-address"  # public DNS answers, and has no address for the origin's name
    NOT_PROXIED = "not-proxied"
    NOT_SERVED = "not-served"  # a custom hostname that the edge does not serve (yet)
    SHADOWED = "shadowed"  # the name is delegated to other nameservers


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Which setting, record, rule or argument decided a value.

    ``source`` is one of ``argument``, ``api``, ``dns``, ``default``; ``detail`` names the thing
    for people ("A record www.example.com, proxied"); ``reference`` is its id at Cloudflare.
    """

    source: str
    detail: str
    reference: str = ""
    certainty: Certainty = Certainty.DOCUMENTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """The rule of a tunnel that serves the target, as its configuration at Cloudflare has it.

    ``hostname`` and ``path`` are what it matches (empty: anything), ``options`` those parts of its
    originRequest that decide about TLS. ``faults`` are what is wrong with it by its own words:
    ``plain-to-tls-port``, ``tls-to-plain-port``, ``no-server-name``, ``catch-all-only``,
    ``no-rule``, ``no-catch-all``.
    """

    hostname: str = ""
    path: str = ""
    service: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way the edge would fetch a target.

    ``mode`` is Cloudflare's value (``off``, ``flexible``, ``full``, ``strict``, ``origin_pull``),
    any value a later API may bring, or ``unknown``. ``scheme`` says whether the edge speaks TLS
    to the origin. ``address`` is an IP literal, or None when there is nothing to connect to and
    ``not_probeable`` says why. ``accepted_names`` are the names a certificate may carry in
    Full (strict): the requested one first. ``dial`` is set by --connect-to: where the tool
    connects in place of ``address:port``.
    """

    id: str
    mode: str
    scheme: str
    address: str | None
    port: int
    sni: str | None
    host_header: str
    alpn: tuple[str, ...] = ("h2", "http/1.1")
    post_quantum: PostQuantum = PostQuantum.SUPPORTED
    compliance: tuple[str, ...] = ()  # origin_tls_compliance_modes: fips, pqh, others to come
    accepted_names: tuple[str, ...] = ()
    client_certificate: str = "unknown"  # none, global, zone, host, own, unknown
    trust: str = "public"  # public, custom
    ml_dsa: bool = False  # the custom trust store holds an ML-DSA authority
    not_probeable: NotProbeable | None = None
    ingress: Ingress | None = None  # of a tunnel
    dial: tuple[str, int] | None = None
    provenance: Mapping[str, Provenance] = field(default_factory=dict)

    @property
    def probeable(self) -> bool:
        return self.address is not None and self.not_probeable is None

    @property
    def fixed_port(self) -> int | None:
        """The port where something else than the mode has decided it: that holds in every mode."""
        why = self.provenance.get("port")
        return self.port if why is not None and why.source != "default" else None

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where the tool opens its connection (host or address, port)."""
        if self.dial is not None:
            return self.dial
        if self.address is None:
            raise ValueError(f"route {self.id} has no address")
        return (self.address, self.port)
