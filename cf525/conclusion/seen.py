"""All that was gathered about one target before anything is concluded from it."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime

from cf525.causes.case import Case, Context
from cf525.model import Observation, Unknown
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The cases of a target and what was seen besides.

    ``cases`` know their routes, probes and series; what the whole target has in common stands in
    ``context``, which takes the place of theirs. ``edge_seen`` is the probe that carried the
    visit. ``observations`` are all that were made, ``unknowns`` those that arose while asking:
    what could not be read, what cut the run short, what this machine's own path may distort.
    ``timings`` are in milliseconds.
    """

    tool_version: str
    started_at: datetime
    context: Context
    cases: tuple[Case, ...]
    edge_seen: Observation | None = None
    observations: tuple[Observation, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    errors: tuple[str, ...] = ()
    api_calls: int = 0
    connections: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)

    def with_server(self, platform: str) -> "Seen":
        """The same where a person has named the server."""
        return replace(self, context=replace(self.context, server=platform))
