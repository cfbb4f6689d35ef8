"""One zone of an audit: which hosts it has, and whether the API answered about it in full.

What the API could not say for a passing reason is asked again later; what it refuses for good
becomes a gap. Hosts are not looked at here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cf525.account.client import Client
from cf525.account.readings import READINGS, read
from cf525.account.records import ZoneRecords
from cf525.account.resolve import Resolution, resolve
from cf525.audit.options import AuditOptions, Hosts
from cf525.audit.select import choose_hosts, served
from cf525.errors import ApiError, Cf525Error
from cf525.model import Target, ZoneFacts
from cf525.net.dns import Resolver

ATTEMPTS = 3
MOST_SEEN = 5_000
_BALANCERS = next(each for each in READINGS if each.id == "load_balancers")


class ApiDown(Cf525Error):
    """The API locked this token out or is out of reach: the audit is to be continued later."""


class NotYet(Exception):
    """The API left something open for a passing reason: ask for this zone again."""


@dataclass(slots=True)
class ZoneJob:
    """A zone to audit, with the hosts of it that visitors met failing."""

    zone: ZoneFacts
    failing: tuple[str, ...] = ()
    attempts: int = 0
    gap: str = ""
    hosts: tuple[str, ...] = ()
    resolved: dict[str, Resolution] = field(default_factory=dict)


class ZoneReader:
    """Reads zones through one client, and forgets them when they are done."""

    def __init__(self, client: Client, resolver: Resolver, options: AuditOptions) -> None:
        self._client = client
        self._resolver = resolver
        self._options = options
        self._records: dict[str, ZoneRecords] = {}
        self.seen: set[str] = set()
        """Names of the zones that were read, some of the first, for a selection that has none."""

    @property
    def calls(self) -> int:
        """Calls of the API until now."""
        return self._client.calls

    async def names(self, job: ZoneJob) -> tuple[str, ...]:
        """The hosts to look at. A zone that may not be read leaves its gap in the job.

        Raises NotYet and ApiDown.
        """
        if self._options.hosts is Hosts.FAILING and not job.failing:
            return ()
        if not served(job.zone) and self._options.hosts is not Hosts.ALL:
            job.gap = f"the zone is {'paused' if job.zone.paused else job.zone.status}"
            return choose_hosts({}, job.failing, self._options)
        given_up = self._client.given_up
        found: dict[str, bool] = {}
        try:
            found = await self._of(job.zone).served_names()
        except ApiError as error:
            self._check(job, given_up)
            job.gap = error.message
        found |= dict.fromkeys(await self._balanced(job.zone), True)
        self._check(job, given_up)
        if len(self.seen) < MOST_SEEN:
            self.seen.update(found)
        return choose_hosts(found, job.failing, self._options)

    async def resolve(self, job: ZoneJob, target: Target) -> Resolution:
        """The routes of one host. Raises NotYet, ApiDown and ApiError."""
        given_up = self._client.given_up
        try:
            resolution = await resolve(
                target,
                client=self._client,
                resolver=self._resolver,
                zones=(job.zone,),
                whole_zones=self._records,
            )
        except ApiError:
            self._check(job, given_up)
            raise
        self._check(job, given_up)
        return resolution

    def forget(self, zone: ZoneFacts) -> None:
        """Free what was kept about a zone, or make it be asked again."""
        self._client.forget(f"/zones/{zone.id}/")
        self._records.pop(zone.id, None)

    def _of(self, zone: ZoneFacts) -> ZoneRecords:
        if zone.id not in self._records:
            self._records[zone.id] = ZoneRecords(self._client, zone.id, zone.name, bulk=True)
        return self._records[zone.id]

    async def _balanced(self, zone: ZoneFacts) -> Sequence[str]:
        outcome = await read(self._client, _BALANCERS, {"zone": zone.id})
        rows = outcome.value or ()
        return [str(row["name"]) for row in rows if row.get("name") and row.get("proxied") is True]

    def _check(self, job: ZoneJob, given_up: int) -> None:
        """Nothing was given up meanwhile; else ask again, or give the whole run up."""
        error = self._client.gave_up_on
        if self._client.given_up == given_up or error is None:
            return
        if job.attempts + 1 < ATTEMPTS:
            raise NotYet
        if error.status in (0, 429):
            raise ApiDown(error.message, hint=error.hint)
