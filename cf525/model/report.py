"""The report: the one thing every output format is rendered from."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from cf525.model.finding import Finding, Recognised, Unknown
from cf525.model.insight import Insight
from cf525.model.observation import Observation
from cf525.model.renewal import Renewal
from cf525.model.route import Route
from cf525.model.series import Series
from cf525.model.status import Status
from cf525.model.target import Target
from cf525.model.verdict import ChainVerdict, Confidence, EdgeStatus
from cf525.model.visit import Comparison, Visit
from cf525.values import dataclass

SCHEMA = "cf525.report/2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """What the API told about the zone of a target. ``None`` means: not read."""

    id: str
    name: str
    status: str = ""
    paused: bool = False
    kind: str = ""  # full, partial, secondary
    plan: str = ""
    account_id: str = ""
    ssl: str | None = None
    ssl_modified_on: str = ""
    ssl_automatic: str | None = None
    tls_client_auth: bool | None = None
    origin_http_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStatus:
    """The edge status of one route, and the observation and verdict it rests on."""

    route: str
    edge: EdgeStatus
    observation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was learned about one target.

    ``edge_status`` is what most visitors get; ``headline`` the id of the finding that explains
    it. ``zone`` is None when the API was not asked or does not know the name. ``server`` is what
    the headline's fix is for, None where nothing told which software or platform answers.
    """

    tool_version: str
    started_at: datetime
    target: Target
    edge_status: Status
    confidence: Confidence
    summary: str
    schema: str = SCHEMA
    headline: str | None = None
    zone: ZoneFacts | None = None
    routes: tuple[Route, ...] = ()
    route_statuses: tuple[RouteStatus, ...] = ()
    observations: tuple[Observation, ...] = ()
    chain_verdicts: tuple[ChainVerdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    errors: tuple[str, ...] = ()
    api_calls: int = 0
    connections: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)
    visit: Visit | None = None
    comparison: Comparison | None = None
    series: tuple[Series, ...] = ()
    insight: Insight | None = None
    renewal: Renewal | None = None
    server: Recognised | None = None

    @property
    def fails(self) -> bool:
        """Whether visitors get an error of the edge's making, or one that only the route explains:
        one of the origin's own counts where a cause of it was found."""
        status = self.edge_status
        return status.fails or (status.passes_through and self.headline is not None)

    @property
    def headline_finding(self) -> Finding | None:
        return next((finding for finding in self.findings if finding.id == self.headline), None)
