"""From the cases of all routes to the one status and the one sentence of a report."""

import re
from collections.abc import Sequence
from typing import Final

from cf525.causes.case import Case
from cf525.causes.families.edgeview import VISIT_FINDINGS as AT_THE_EDGE
from cf525.causes.signs.server import SERVICE, device_of
from cf525.causes.signs.table import kin_of
from cf525.edge.codes import title_of
from cf525.edge.modes import mode_name
from cf525.model import Confidence, Finding, Status
from cf525.model.status import OK, UNKNOWN
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

MOST_SAID: Final = 80
_TITLE: Final = lazy_pattern(r"<title>([^<]{1,300})</title>", re.IGNORECASE)
_TAG: Final = lazy_pattern(r"<[^<>]*>?")


@dataclass(frozen=True, slots=True)
class Overall:
    status: Status
    confidence: Confidence
    summary: str


def overall_of(cases: Sequence[Case], findings: Sequence[Finding]) -> Overall:
    """The status of the whole target.

    One failing route makes the target fail, because the edge uses them all; "ok" needs every
    route to be ok, so that a route that could not be told makes the whole "unknown". What stands
    by for others to fail is a risk, and says nothing of what visitors get.
    """
    if not cases:
        return Overall(UNKNOWN, Confidence.LOW, "Cannot tell: no origin was found to probe.")
    everyone, cases = cases, serving(cases)
    headline = next((each for each in findings if not each.contributing), None)
    failing = [case for case in cases if case.status.fails]
    if failing:
        return _failure(failing, len(cases), headline)
    unknown = [case for case in cases if case.status.status.unknown]
    if unknown:
        return _cannot_tell(unknown, len(cases), headline)
    if headline is not None and headline.edge_status.fails and headline.id not in AT_THE_EDGE:
        # The first look met what works; like probes after it did not.
        status = headline.edge_status
        some = f"{status} {title_of(status)} on some connections: {headline.title}."
        return Overall(status, headline.confidence, some)
    return _reached(cases, headline, waiting=len(everyone) > len(cases))


def serving(cases: Sequence[Case]) -> Sequence[Case]:
    """The cases that visitors meet while everything is healthy."""
    return [case for case in cases if not case.standby] or cases


def _failure(failing: Sequence[Case], total: int, headline: Finding | None) -> Overall:
    worst = next((each for each in failing if _explained(each, headline)), None) or min(
        failing, key=lambda case: case.status.confidence.rank
    )
    status, confidence = worst.status.status, worst.status.confidence
    if headline is not None and headline.confidence is Confidence.LOW:
        # Without a known cause the failure may as well be meant for us and not for the edge.
        confidence = max(confidence, Confidence.MEDIUM, key=lambda each: each.rank)
    if headline is None:
        why = worst.status.reason
    elif headline.confidence.rank > confidence.rank:
        why = f"the cause is less certain: {headline.title}"
    else:
        why = headline.title
    share = f" on {len(failing)} of {total} routes" if len(failing) < total else ""
    if all(each.rule and each.spared for each in failing):
        share = f" for some visitors ({worst.rule})"
    return Overall(status, confidence, f"{status} {title_of(status)}{share}: {why}.")


def _cannot_tell(unknown: Sequence[Case], total: int, headline: Finding | None) -> Overall:
    why = headline.title if headline is not None else unknown[0].status.reason
    others = total - len(unknown)
    rest = f" ({others} of {total} routes work)" if others else ""
    return Overall(UNKNOWN, Confidence.LOW, f"Cannot tell{rest}: {why}.")


def _reached(cases: Sequence[Case], headline: Finding | None, *, waiting: bool) -> Overall:
    """The edge gets an answer everywhere. An error of the origin's own comes before a fine answer
    at another address."""
    first = min(cases, key=lambda case: (not _own_error(case), -case.status.confidence.rank))
    status = first.status.status
    if _own_error(first):
        return Overall(status, first.status.confidence, _own_error_sentence(first, headline))
    device = next(filter(None, map(_unmeant, cases)), "") if status == OK else ""
    if device:
        return Overall(
            UNKNOWN,
            Confidence.LOW,
            f"The edge reaches {first.where}, and what answers there is {device}: "
            f"{_what_it_is(device)}, not the web server. Forward the port to the web server, or "
            "lead the name through a tunnel.",
        )
    return Overall(status, first.status.confidence, _healthy_sentence(cases, first, waiting))


def _unmeant(case: Case) -> str:
    """The device or service that answers without a certificate for the name that is asked for:
    with one somebody has set it up for that very name."""
    meant = case.verdict is not None and case.verdict.accepted is True
    return "" if meant else device_of(case)


def _what_it_is(device: str) -> str:
    service = SERVICE in (device, *kin_of(device))
    return "a service of its own" if service else "the device's own page"


def _explained(case: Case, headline: Finding | None) -> bool:
    """Whether the headline leads to what visitors get over this route."""
    return (
        headline is not None
        and case.route.id in headline.routes
        and headline.edge_status == case.status.status
    )


def _own_error(case: Case) -> bool:
    return case.status.status.passes_through


def _own_error_sentence(case: Case, headline: Finding | None) -> str:
    code = case.status.status.code
    reached = f"The edge reaches the origin, and visitors get its own HTTP {code}"
    if headline is not None:
        return f"{reached}: {headline.title}."
    if title_of(code):
        why = "another proxy behind it makes this page, and its log tells more"
    else:
        why = "the origin makes this page and not Cloudflare, so look into the origin's access log"
    return f"{reached}{_said(case)}: {why}."


def _said(case: Case) -> str:
    """What the page says, in quotation marks: its title, or how its text begins."""
    body = case.edge.http.body_head if case.edge is not None and case.edge.http is not None else b""
    page = body.decode("utf-8", "replace")
    title = _TITLE.search(page)
    text = " ".join(_TAG.sub(" ", title[1] if title is not None else page).split())
    return f' "{text[:MOST_SAID]}"' if text and text.isprintable() else ""


def _healthy_sentence(cases: Sequence[Case], first: Case, waiting: bool) -> str:
    if first.status.status == "not-applicable":
        return f"Not applicable: {first.status.reason}."
    count = len(cases)
    routes = "the only origin address" if count == 1 else f"all {count} origin addresses"
    routes += " that serves now" if waiting and count == 1 else " that serve now" * waiting
    mode = mode_name(first.route.mode)
    return f"Nothing wrong seen on {routes} in mode {mode}: {first.status.reason}."
