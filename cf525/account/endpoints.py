"""From what a configuration names as the origin to addresses, each with where it came from.

Names are followed through the zone's own records first and public DNS after that. Whether an
address can be probed is judged here; mode, port and names are not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cf525.account.records import Record, ZoneRecords
from cf525.edge.ranges import Network, classify
from cf525.model import Ingress, NotProbeable, Provenance, Unknown
from cf525.net.dns import Existence, Lookup, Resolver
from cf525.values import dataclass

TUNNEL_SUFFIX: Final = ".cfargotunnel.com"
MAX_HOPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One place the edge may connect to.

    ``address`` is None when there is none to name, and ``not_probeable`` says why. ``target`` is
    the name the certificate may also carry. ``port``, ``host`` and ``sni`` are set where the
    endpoint brings its own; ``conditions`` say when it is used. ``tunnel`` is a tunnel's id and
    ``behind`` what the tunnel leads to, ``ingress`` its rule for the target. ``monitor`` is a
    load balancer's that looks at the endpoint with other eyes than the edge, ``named`` the name by
    which a pool or a custom origin has the endpoint, where another one is sent to it. ``standby``
    says that it serves nobody while other pools are healthy. ``further`` are the names that the
    CNAME target leads on to; ``custom_origin`` that SNI and Host are names of two parties.
    """

    address: str | None
    why: Provenance
    not_probeable: NotProbeable | None = None
    target: str | None = None
    port: int | None = None
    host: str | None = None
    sni: str | None = None
    conditions: tuple[str, ...] = ()
    tunnel: str = ""
    behind: Provenance | None = None
    ingress: Ingress | None = None
    monitor: Provenance | None = None
    named: Provenance | None = None
    standby: Provenance | None = None
    further: tuple[str, ...] = ()
    custom_origin: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Endpoints of a name, and what could not be settled about them."""

    endpoints: tuple[Endpoint, ...] = ()
    unknowns: tuple[Unknown, ...] = ()


class EndpointFinder:
    """Turns names, records and literals into endpoints.

    ``allowed`` are networks that may be probed although they are private: a lab's own.
    """

    def __init__(
        self, records: ZoneRecords, resolver: Resolver, allowed: Iterable[Network] = ()
    ) -> None:
        self._records = records
        self._resolver = resolver
        self._allowed = tuple(allowed)

    async def resembling(self, name: str) -> tuple[str, ...]:
        """Names of the zone that are nearly this one."""
        return await self._records.resembling(name)

    async def from_records(self, records: Sequence[Record]) -> Found:
        """Endpoints of a hostname's own records. One proxied record makes all of them so.

        Raises ApiError when a record of the zone that a CNAME leads to cannot be read.
        """
        endpoints: list[Endpoint] = []
        unknowns: list[Unknown] = []
        proxied = any(record.proxied for record in records)
        for record in records:
            why = Provenance(source="api", detail=record.label, reference=record.id)
            if record.type == "CNAME":
                found = await self.from_name(record.content, why, target=record.content)
            else:
                found = Found((given(self.literal(record.content, why)),))
            endpoints += found.endpoints
            unknowns += found.unknowns
        if any(record.shadowed for record in records):
            endpoints = [replace(each, not_probeable=NotProbeable.SHADOWED) for each in endpoints]
        elif not proxied:
            endpoints = [
                replace(each, not_probeable=NotProbeable.NOT_PROXIED) for each in endpoints
            ]
        return Found(tuple(endpoints), tuple(unknowns))

    async def from_name(
        self, name: str, why: Provenance, *, target: str | None = None, hops: int = 0
    ) -> Found:
        """Endpoints of a name that a record, rule or pool gives as the origin."""
        if name.endswith(TUNNEL_SUFFIX):
            return Found((_tunnel(name, why, target),))
        if self._records.covers(name) and hops < MAX_HOPS:
            inner = await self._records.find(name)
            if inner:
                return await self._from_inner(inner, why, target, hops)
        return self._resolved(await self._resolver.lookup(name), why, target)

    async def public(self, name: str) -> Lookup:
        """What public DNS gives visitors for a name."""
        return await self._resolver.lookup(name)

    async def from_address(self, text: str, why: Provenance) -> Found:
        """Endpoints of what may be an address or a name, as pools and custom origins give it."""
        endpoint = self.literal(text, why)
        if endpoint.address is not None:
            return Found((endpoint,))
        return await self.from_name(text, why)

    def literal(self, text: str, why: Provenance, *, target: str | None = None) -> Endpoint:
        """The endpoint of an address; what is no address cannot be connected to."""
        try:
            reason = classify(text, self._allowed)
        except ValueError:
            return Endpoint(
                address=None, why=why, target=target, not_probeable=NotProbeable.UNRESOLVED
            )
        return Endpoint(address=text, why=why, target=target, not_probeable=reason)

    async def _from_inner(
        self, inner: Sequence[Record], why: Provenance, target: str | None, hops: int
    ) -> Found:
        """A name in the same zone: the edge follows its records, not its public addresses."""
        endpoints: list[Endpoint] = []
        unknowns: list[Unknown] = []
        for record in inner:
            via = Provenance(
                source=why.source,
                detail=f"{why.detail} → {record.label}",
                reference=record.id,
                certainty=why.certainty,
            )
            if record.type == "CNAME":
                found = await self.from_name(record.content, via, target=target, hops=hops + 1)
                endpoints += found.endpoints
                unknowns += found.unknowns
            else:
                endpoints.append(given(self.literal(record.content, via, target=target)))
        return Found(tuple(endpoints), tuple(unknowns))

    def _resolved(self, lookup: Lookup, why: Provenance, target: str | None) -> Found:
        chain = "".join(f" → {name}" for name in lookup.cnames)
        for name in lookup.cnames:
            if name.endswith(TUNNEL_SUFFIX):
                via = Provenance(source="dns", detail=why.detail + chain, reference=why.reference)
                return Found((_tunnel(name, via, target),))
        if lookup.outcome is Existence.FOUND:
            endpoints = tuple(
                self.literal(
                    address,
                    Provenance(
                        source="dns",
                        detail=f"{why.detail}{chain} → {address}",
                        reference=why.reference,
                    ),
                    target=target,
                )
                for address in lookup.addresses
            )
            if target is not None:
                tail = tuple(name for name in lookup.cnames if name != target)
                endpoints = tuple(replace(each, further=tail) for each in endpoints)
            return Found(endpoints, _one_family(lookup))
        missing = lookup.outcome is Existence.MISSING
        said = "does not resolve" if missing else f"could not be resolved ({lookup.reason})"
        via = Provenance(
            source="dns",
            detail=f"{why.detail}{chain}: {lookup.name} {said}",
            reference=why.reference,
        )
        reason = NotProbeable.NO_ADDRESS if missing else NotProbeable.UNRESOLVED
        gone = Endpoint(address=None, why=via, target=target, not_probeable=reason)
        return Found((gone,), () if missing else (_unresolved(lookup),))


def given(endpoint: Endpoint) -> Endpoint:
    """The endpoint of an address that a record or a pool holds itself: of Cloudflare's own the
    edge takes none."""
    if endpoint.not_probeable is not NotProbeable.CLOUDFLARE_ADDRESS:
        return endpoint
    return replace(endpoint, not_probeable=NotProbeable.PROHIBITED)


def _tunnel(name: str, why: Provenance, target: str | None) -> Endpoint:
    return Endpoint(
        address=None,
        why=why,
        target=target,
        not_probeable=NotProbeable.TUNNEL,
        tunnel=name.removesuffix(TUNNEL_SUFFIX),
    )


def _unresolved(lookup: Lookup) -> Unknown:
    return Unknown(
        id="origin-unresolved",
        text=f"The resolver gave no answer for {lookup.name} ({lookup.reason}); the edge may "
        "well resolve it.",
        next="Try another --resolver, or give --origin.",
    )


def _one_family(lookup: Lookup) -> tuple[Unknown, ...]:
    if not lookup.reason:
        return ()
    return (
        Unknown(
            id="origin-one-family",
            text=f"Only the IPv4 or only the IPv6 addresses of {lookup.name} could be asked for "
            f"({lookup.reason}); there may be more.",
            next="Try another --resolver.",
        ),
    )
