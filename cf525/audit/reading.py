"""The reading stage of an audit: from the token's zones to hosts whose routes are known.

It alone has the token and asks the API. Zones are read a few at a time, failing ones first. What is
done with the hosts, and what is kept, is not decided here.
"""

from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from cf525.account.client import Client
from cf525.account.credentials import missing_credentials
from cf525.account.zone import list_zones
from cf525.audit.checkpoint import Head
from cf525.audit.options import AuditOptions, Hosts
from cf525.audit.plan import AuditPlan, plan_audit
from cf525.audit.scheduler import Scheduler, Taker
from cf525.audit.select import choose_zones, nothing_selected
from cf525.audit.triage import Triage, triage
from cf525.audit.zones import NotYet, ZoneJob, ZoneReader
from cf525.diagnosis.outside import Outside
from cf525.errors import ApiError
from cf525.model import AuditReport, ZoneFacts
from cf525.probe.driver import run_probe
from cf525.probe.plan import Runner
from cf525.report.line import counted
from cf525.version import __version__

SAMPLED_ZONES: Final = 3
"""Zones whose hosts are counted for the plan; reading them is part of the work anyway."""


class Reading:
    """One account that is read: its zones, its client, and what all steps need."""

    def __init__(
        self,
        outside: Outside,
        client: Client,
        options: AuditOptions,
        zones: tuple[ZoneFacts, ...],
    ) -> None:
        self.outside = outside
        self.options = options
        self.zones = zones
        self._client = client
        self._reader = ZoneReader(client, outside.resolver, options)

    @property
    def calls(self) -> int:
        """Calls of the API until now."""
        return self._client.calls

    def head(self) -> Head:
        """What a checkpoint of this reading is about, as of now."""
        return Head(
            tool_version=__version__,
            started_at=datetime.now(UTC).isoformat(),
            accounts=tuple(sorted({zone.account_id for zone in self.zones})),
            scope=self.options.scope,
        )

    async def failing(self) -> Triage:
        """Who fails now."""
        now = self.options.base.at or datetime.now(UTC)
        return await triage(self._client, self.zones, since=self.options.since, now=now)

    async def plan(self, found: Triage) -> AuditPlan:
        """The expected cost; a few zones' records are read for it and kept."""
        sampled = []
        if self.options.hosts is not Hosts.FAILING:
            for zone in self.zones[:SAMPLED_ZONES]:
                try:
                    sampled.append(len(await self._reader.names(ZoneJob(zone))))
                except (NotYet, ApiError):
                    continue
        failing = {each.zone for each in found.traffic.values()}
        return plan_audit(
            zones=len(self.zones),
            accounts=len({zone.account_id for zone in self.zones}),
            spent=self._client.calls,
            failing_zones=len(failing),
            failing_hosts=len(found.traffic),
            hosts=self.options.hosts,
            sampled=tuple(sampled),
        )

    async def run(self, hosts: Taker, found: Triage, zones: Container[str]) -> None:
        """Hand every host on, but for those of ``zones`` that are done already.

        Raises ApiDown, what taking a host raises, and CancelledError.
        """
        scheduler = Scheduler(self.options, reader=self._reader, hosts=hosts, traffic=found.traffic)
        await scheduler.run(self._jobs(found, zones))

    def nothing(self, head: Head) -> AuditReport:
        """A report before anything was looked at."""
        return AuditReport(
            tool_version=__version__,
            started_at=datetime.fromisoformat(head.started_at),
            what_if=self.options.what_if,
            shard=str(self.options.shard or ""),
            zones=len(self.zones),
        )

    def without_hosts(self, report: AuditReport) -> AuditReport:
        """What an audit that met no host says instead of nothing.

        Raises UsageError where the selection left none of the names there are.
        """
        zones = counted(len(self.zones), "zone")
        if self.options.hosts is not Hosts.FAILING:
            if report.gaps:
                return report
            raise nothing_selected(self._reader.seen, self.options)
        minutes = int(self.options.since.total_seconds()) // 60
        looked = f"analytics: no 52x in {minutes} min over {zones}"
        if report.unknowns:
            looked = f"the analytics of {zones} could not be read whole, for {minutes} min"
        return replace(report, looked_at=looked)

    def _jobs(self, found: Triage, done: Container[str]) -> list[ZoneJob]:
        """The zones still to do, those with the most failing requests first."""
        failing: dict[str, list[str]] = {}
        for host, traffic in found.traffic.items():
            failing.setdefault(traffic.zone, []).append(host)
        order = {name: number for number, name in enumerate(failing)}
        jobs = [
            ZoneJob(zone, tuple(failing.get(zone.name, ())))
            for zone in self.zones
            if zone.name not in done
        ]
        return sorted(jobs, key=lambda job: order.get(job.zone.name, len(order)))


@asynccontextmanager
async def reading(options: AuditOptions, runner: Runner = run_probe) -> AsyncIterator[Reading]:
    """The account of the options, open, with its zones chosen.

    Raises UsageError for a scope that does not fit, and CredentialsError or ApiError when the zones
    cannot be listed.
    """
    if options.base.credentials is None:
        raise missing_credentials()
    async with Outside(options.base, runner, limits=options.limits) as outside:
        client = outside.client
        assert client is not None
        zones = await list_zones(client)
        client.forget("/zones")
        yield Reading(outside, client, options, choose_zones(zones, options))
