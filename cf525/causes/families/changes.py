"""What was changed just before visitors began to fail, by Cloudflare's own records.

A change and a failure that follow each other are no proof, and often the whole answer. Where the
records hold none, what changed is the origin: an upgrade there leaves no trace but the refusal.
"""

from datetime import timedelta
from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import Need, cause
from cf525.causes.match import Match, evidence
from cf525.causes.signs.server import guesses
from cf525.causes.signs.table import kin_of, known_platforms
from cf525.model import Confidence, Evidence, Insight, LoggedChange
from cf525.model.registry import AlertCode

SHORTLY: Final = timedelta(hours=1)
QUIET: Final = timedelta(minutes=15)
"""How long all must have been well before, for a beginning to be one."""


@cause("changed-just-before", rank=60, needs=(Need.ACCOUNT,))
def changed_just_before(case: Case) -> Match | None:
    """A setting, record or rule was changed within the hour before the first failure."""
    insight = case.insight
    if insight is None or insight.first is None:
        return None
    first = insight.first
    near = _near(insight)
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


def _near(insight: Insight) -> list[LoggedChange]:
    first = insight.first
    if first is None:
        return []
    return [each for each in insight.changes if timedelta(0) <= first - each.at <= SHORTLY]


@cause("changed-by-upgrade", rank=62)
def changed_by_upgrade(case: Case) -> Match | None:
    """The name is refused at once and for good, and nothing was changed at Cloudflare.

    That, or a server whose newer versions refuse what the older ones answered.
    """
    if not _refuses_the_name(case):
        return None
    begun = _begun_by_itself(case.insight)
    server, since = _refuses_since(case)
    if not begun and not since:
        return None
    proofs = [begun] if begun else []
    if since:
        proofs.append(f"{server} refuses names that no site lists from version {since} on")
    insight = case.insight
    first = f"{insight.first:%Y-%m-%d %H:%MZ}" if begun and insight and insight.first else ""
    return Match(
        confidence=Confidence.LOW,
        reason="what was installed or restarted at the origin is in its own logs alone",
        evidence=(*(evidence(each) for each in proofs), evidence(_refusal(case), case.edge)),
        facts={"server": server, "since": since, "first": first},
        status=case.status.status,
        contributing=True,
    )


def _refuses_the_name(case: Case) -> bool:
    """Whether the ClientHello is answered as servers answer a name they do not serve."""
    if case.offers_answered:
        return False
    told = case.first_alert(AlertCode.UNRECOGNIZED_NAME, AlertCode.INTERNAL_ERROR)
    return told is not None or (case.first_alert() is not None and case.name_decides)


def _refusal(case: Case) -> str:
    alert = case.first_alert()
    assert alert is not None
    return f"SNI {case.route.sni} is answered with alert {alert.description} {alert.name}"


def _begun_by_itself(insight: Insight | None) -> str:
    """That the failures began within what was looked at, with no change before; else nothing."""
    if insight is None or insight.first is None or not insight.audited or _near(insight):
        return ""
    if insight.first - insight.since < QUIET:
        return ""
    return (
        f"visitors fail since {insight.first:%Y-%m-%d %H:%MZ} and not before; the audit log shows "
        "no change of this zone within the hour before"
    )


def _refuses_since(case: Case) -> tuple[str, str]:
    """The server that refuses names from some version on, and that version."""
    known = known_platforms()
    for guess in guesses(case):
        for each in (guess.platform, *kin_of(guess.platform)):
            row = known.get(each)
            if row is not None and row.refuses_since:
                return each, row.refuses_since
    return "", ""


def _said(change: LoggedChange, before: timedelta) -> str:
    minutes = round(before.total_seconds() / 60)
    values = f" from {change.old} to {change.new}" if change.old or change.new else ""
    who = f" by {change.who}" if change.who else ""
    return f"{change.what} changed{values} {minutes} minutes before the first failure{who}"
