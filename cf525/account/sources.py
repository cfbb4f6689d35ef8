"""Where a plan's origin comes from: an override, a custom hostname, a load balancer, or DNS.

Strongest first, as the edge has it. The endpoints come from the modules of each; here they are
chosen, and tunnels among them are looked behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cf525.account.balancers import balancer_of
from cf525.account.balancers import endpoints_of as balancer_endpoints
from cf525.account.client import Client
from cf525.account.doubts import no_records, unread_records
from cf525.account.endpoints import EndpointFinder, Found
from cf525.account.expression import Facts
from cf525.account.readings import POOLS, ReadResult, read
from cf525.account.records import Record
from cf525.account.saas import CustomHostname
from cf525.account.saas import endpoints_of as custom_endpoints
from cf525.account.treatment import Treatment
from cf525.account.tunnels import look_behind
from cf525.errors import ApiError
from cf525.model import Target, ZoneFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that may say where a target's origin is. ``own`` are the records that answer for the
    host, or the error that kept them from being read."""

    client: Client
    zone: ZoneFacts
    target: Target
    facts: Facts
    finder: EndpointFinder
    configuration: Mapping[str, ReadResult]
    own: tuple[Record, ...] | ApiError
    custom: CustomHostname | None = None

    @property
    def proxied(self) -> bool:
        """Whether requests for the host go through the edge's proxy and its rules at all."""
        balancer = self._balancer
        if self.custom is not None or isinstance(self.own, ApiError):
            return True
        if balancer is not None:
            return balancer.get("proxied") is not False
        return any(record.proxied for record in self.own)

    @property
    def _balancer(self) -> Mapping[str, object] | None:
        return balancer_of(self.configuration["load_balancers"].value, self.target.host)

    async def endpoints(self, plan: Treatment) -> Found:
        """Where the plan leads, tunnels described."""
        try:
            found = await self._endpoints(plan)
        except ApiError as error:
            return Found((), (unread_records(error),))
        return await self._behind_tunnels(found)

    async def _endpoints(self, plan: Treatment) -> Found:
        if plan.origin is not None:
            return await self.finder.from_address(plan.origin.value, plan.origin.why)
        if self.custom is not None:
            return await custom_endpoints(self.client, self.custom, self.finder, self.target.host)
        balancer = self._balancer
        if balancer is not None:
            outcome = await read(self.client, POOLS, {"account": self.zone.account_id})
            if outcome.unread is not None:
                return Found((), (outcome.unread,))
            return await balancer_endpoints(balancer, outcome.value or (), self.finder, self.facts)
        if isinstance(self.own, ApiError):
            return Found((), (unread_records(self.own),))
        if not self.own:
            return Found((), (no_records(self.target.host),))
        return await self.finder.from_records(self.own)

    async def _behind_tunnels(self, found: Found) -> Found:
        endpoints, unknowns = [], list(found.unknowns)
        for endpoint in found.endpoints:
            if endpoint.tunnel:
                behind = await look_behind(
                    self.client, self.zone.account_id, endpoint.tunnel, self.target
                )
                endpoint = replace(endpoint, behind=behind.why)
                unknowns += behind.unknowns
            endpoints.append(endpoint)
        return Found(tuple(endpoints), tuple(unknowns))
