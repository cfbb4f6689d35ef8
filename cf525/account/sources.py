"""Where a plan's origin comes from: an override, a custom hostname, a load balancer, or DNS.

Strongest first, as the edge has it. The endpoints come from the modules of each; here they are
chosen, and tunnels among them are looked behind.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cf525.account.balancers import balancer_of, watched
from cf525.account.balancers import endpoints_of as balancer_endpoints
from cf525.account.client import Client
from cf525.account.doubts import no_records, unread_records
from cf525.account.endpoints import EndpointFinder, Found
from cf525.account.expression import Facts
from cf525.account.readings import MONITORS, POOLS, SPECTRUM, ReadResult, read
from cf525.account.records import Record
from cf525.account.saas import CustomHostname
from cf525.account.saas import endpoints_of as custom_endpoints
from cf525.account.spectrum import spectrum_application
from cf525.account.treatment import Treatment
from cf525.account.tunnels import look_behind
from cf525.errors import ApiError
from cf525.model import Target, Unknown, ZoneFacts
from cf525.values import dataclass


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
    def names(self) -> Mapping[str, str]:
        """What fills the path of a reading."""
        return {
            "zone": self.zone.id,
            "account": self.zone.account_id,
            "host": self.target.host,
        }

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
        host, own = self.target.host, self.own
        recorded = not isinstance(own, ApiError) and any(each.name == host for each in own)
        rows = self.configuration["load_balancers"].value
        return balancer_of(rows, host, recorded=recorded)

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
            pools = outcome.value or ()
            return await balancer_endpoints(
                balancer, pools, self.finder, self.facts, await self._monitors(pools)
            )
        if isinstance(self.own, ApiError):
            return Found((), (unread_records(self.own),))
        if not self.own:
            return Found((), (await self._without_records(),))
        return await self.finder.from_records(self.own)

    async def _without_records(self) -> Unknown:
        """What serves a name that no record answers for: Spectrum, or nothing."""
        apps = await read(self.client, SPECTRUM, {"zone": self.zone.id})
        serving = spectrum_application(apps.value, self.target)
        if serving is not None:
            return serving
        return no_records(self.target.host, await self.finder.resembling(self.target.host))

    async def _monitors(self, pools: Sequence[Mapping[str, object]]) -> Sequence[Any]:
        """The monitors of the account, where a pool has one; what they tell is no route's value,
        so that it is nothing where they cannot be read."""
        if not watched(pools):
            return ()
        outcome = await read(self.client, MONITORS, {"account": self.zone.account_id})
        return outcome.value or ()

    async def _behind_tunnels(self, found: Found) -> Found:
        endpoints, unknowns = [], list(found.unknowns)
        for endpoint in found.endpoints:
            if endpoint.tunnel:
                behind = await look_behind(
                    self.client, self.zone.account_id, endpoint.tunnel, self.target
                )
                endpoint = behind.of(endpoint)
                unknowns += behind.unknowns
            endpoints.append(endpoint)
        return Found(tuple(endpoints), tuple(unknowns))
