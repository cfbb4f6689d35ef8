"""What was changed just before visitors began to fail, by Cloudflare's own records.

A change and a failure that follow each other are no proof, and often the whole answer.
"""

from datetime import timedelta
from typing import Final

from cf525.causes.case import Case, Match
from cf525.causes.cause import Need, cause
from cf525.model import Confidence, Evidence, LoggedChange

SHORTLY: Final = timedelta(hours=1)


@cause("changed-just-before", rank=60, needs=(Need.ACCOUNT,))
def changed_just_before(case: Case) -> Match | None:
    """A setting, record or rule was changed within the hour before the first failure."""
    insight = case.insight
    if insight is None or insight.first is None:
        return None
    first = insight.first
    near = [each for each in insight.changes if timedelta(0) <= first - each.at <= SHORTLY]
    if not near:
        return None
    return Match(
        confidence=Confidence.MEDIUM,
        reason="what follows a change need not follow from it",
        evidence=tuple(Evidence(text=_said(each, first - each.at)) for each in near[:4]),
        facts={"changed": _said(near[0], first - near[0].at)},
        status=case.status.status,
        contributing=True,
    )


def _said(change: LoggedChange, before: timedelta) -> str:
    minutes = round(before.total_seconds() / 60)
    values = f" from {change.old} to {change.new}" if change.old or change.new else ""
    who = f" by {change.who}" if change.who else ""
    return f"{change.what} changed{values} {minutes} minutes before the first failure{who}"
