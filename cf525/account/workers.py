"""What may answer or fetch in the origin's place: Workers and Snippets.

Code cannot be evaluated from outside, so each of them that covers the target is a named unknown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cf525.account.endpoints import Endpoint
from cf525.account.expression import Facts, Truth, holds
from cf525.account.readings import ReadResult
from cf525.account.rules import url_matches
from cf525.account.sources import Sources
from cf525.model import Certainty, NotProbeable, Target, Unknown

Row = Mapping[str, Any]

_FETCHES = (
    "its own requests to hosts outside the zone are made in Full (strict) whatever the zone's mode"
)


def in_the_origins_place(
    target: Target, read: Mapping[str, ReadResult], facts: Facts
) -> list[Unknown]:
    """Every Worker and Snippet that this request would run through."""
    script = worker_of(read["worker_routes"].value, target)
    doubts = [] if script is None else [_route(script)]
    doubts += [
        _snippet(str(row.get("snippet_name")))
        for row in read["snippets"].value or ()
        if row.get("enabled") is not False and _may_hold(row, facts)
    ]
    return doubts


def behind_code(endpoint: Endpoint, sources: Sources) -> Endpoint:
    """An address that the edge refuses is a placeholder below a Worker's route: the Worker, which
    is named beside it, answers in its place.

    Where the Workers or Snippets could not be read, that the edge refuses the address is inferred.
    """
    if endpoint.not_probeable not in _STAND_IN:
        return endpoint
    routes, snippets = sources.configuration["worker_routes"], sources.configuration["snippets"]
    script = worker_of(routes.value, sources.target)
    if script is not None:
        return replace(named(endpoint, script), not_probeable=NotProbeable.PLACEHOLDER)
    if endpoint.not_probeable is NotProbeable.PLACEHOLDER:
        return endpoint
    open_still = routes.unread or snippets.unread
    may_answer = any(_may_hold(row, sources.facts) for row in snippets.value or ())
    if open_still is None and not may_answer:
        return endpoint
    return replace(endpoint, why=replace(endpoint.why, certainty=Certainty.INFERRED))


_STAND_IN = (NotProbeable.PRIVATE, NotProbeable.PROHIBITED, NotProbeable.PLACEHOLDER)
"""Addresses at which nothing answers the edge."""


def named(endpoint: Endpoint, script: str) -> Endpoint:
    """The endpoint with the Worker that runs before it told beside where it came from."""
    detail = f"{endpoint.why.detail}; the Worker {script!r} runs before it"
    return replace(endpoint, why=replace(endpoint.why, detail=detail))


def of_its_domain(endpoint: Endpoint, outcome: ReadResult, target: Target) -> Endpoint:
    """A placeholder with the Worker whose custom domain the target is."""
    if endpoint.not_probeable is not NotProbeable.PLACEHOLDER:
        return endpoint
    rows = (row for row in outcome.value or () if row.get("hostname") == target.host)
    script = next((row.get("service") for row in rows), None)
    return named(endpoint, script) if isinstance(script, str) and script else endpoint


def worker_domains(target: Target, outcome: ReadResult) -> list[Unknown]:
    """The Worker that a custom domain of the target's name leads to, or why it is not known."""
    if outcome.unread is not None:
        return [outcome.unread]
    return [
        _domain(str(row.get("service")), target.host)
        for row in outcome.value or ()
        if row.get("hostname") == target.host
    ]


def worker_of(rows: Iterable[Row] | None, target: Target) -> str | None:
    """The script of the most specific route that covers the target; None when there is none,
    or when that route is there to switch Workers off."""
    matching = [row for row in rows or () if url_matches(str(row.get("pattern") or ""), target)]
    if not matching:
        return None
    best = max(matching, key=lambda row: len(str(row["pattern"]).replace("*", "")))
    script = best.get("script")
    return script if isinstance(script, str) and script else None


def _may_hold(row: Row, facts: Facts) -> bool:
    return holds(str(row.get("expression") or ""), facts).truth is not Truth.FALSE


def _route(script: str) -> Unknown:
    return Unknown(
        id="worker-route",
        text=f"The Worker {script!r} runs for this URL and may answer without the origin; "
        f"{_FETCHES}.",
        next="Look at the Worker's code and its logs for fetch errors.",
    )


def _domain(service: str, host: str) -> Unknown:
    return Unknown(
        id="worker-domain",
        text=f"The Worker {service!r} is the origin of {host}; {_FETCHES}.",
        next="Look at the Worker's code and its logs for fetch errors.",
    )


def _snippet(name: str) -> Unknown:
    return Unknown(
        id="snippet",
        text=f"The Snippet {name!r} may run for this URL and answer or fetch in the origin's "
        "place.",
        next="Look at the Snippet's code.",
    )
