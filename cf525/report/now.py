"""What can be done at once without the origin: the stop-gap in a sentence with its price, what can
be mended at Cloudflare or in DNS, or that nothing there mends it.

Says it in words; how it is laid out is ``screen``'s. It never denies what a remedy of the same
finding offers.
"""

from typing import Final

from cf525.changes.remedies import command_for
from cf525.model import Change, Finding, Remedy, Report
from cf525.report.chosen import fix_for
from cf525.report.sentences import first_sentence, small
from cf525.values import dataclass

UNTIL: Final = "only if FIX must wait"
INSTEAD: Final = "instead of FIX"
_ELSEWHERE: Final = {"cloudflare": "at Cloudflare", "dns": "in DNS"}


@dataclass(frozen=True, slots=True)
class Now:
    """A sentence or two, and the command that makes it; empty where there is none. Where nothing
    can be done the first sentence is ``denied`` enough."""

    text: str
    command: str = ""
    denied: bool = False


def of(report: Report, finding: Finding, *, ruled: bool) -> Now | None:
    """What to do now about a finding; None where it says nothing of that. ``ruled`` is true where
    a rule decided where the edge goes."""
    gaps = [each for each in finding.remedies if each.stop_gap]
    possible = next((each for each in gaps if each.cost), None)
    if possible is not None:
        return _stop_gap(possible, report.target.host)
    mended = _elsewhere(report, finding) if finding.id != "wrong-port" else None
    if mended is not None:
        return mended
    if gaps:
        return Now(f"nothing at Cloudflare that this zone can have. {gaps[0].text}", denied=True)
    if report.edge_status != "525" or finding.id == "wrong-port":
        return None
    if finding.id.startswith("sni-"):
        return Now("no other name was found that the origin takes; the origin must change.")
    what = "nothing else" if ruled else "nothing"
    return Now(f"{what} at Cloudflare mends this {report.edge_status}; the origin must change.")


def _stop_gap(remedy: Remedy, host: str) -> Now:
    gap, plan = small(first_sentence(remedy.text)), _plan_of(remedy)
    where = f", on the {plan} plan" if plan else ""
    text = f"{UNTIL}{where}: {gap} Price: {first_sentence(remedy.cost)}"
    command = command_for(remedy, host)
    return Now(text if command else f"{text} (-v: how, and the undo)", command)


def _elsewhere(report: Report, finding: Finding) -> Now | None:
    """A fix beside the one that is shown, at Cloudflare or in DNS."""
    shown = fix_for(report, finding)
    if shown is not None and shown.where != "origin":
        return None
    fixes = (each for each in finding.remedies if not each.stop_gap and each.where in _ELSEWHERE)
    found = next((each for each in fixes if each is not shown), None)
    if found is None:
        return None
    changes = [each for each in found.parts if isinstance(each, Change)]
    plan = _plan_of(found)
    where = f"{INSTEAD}, {_ELSEWHERE[found.where]}" + (f", on the {plan} plan" if plan else "")
    words = found.text or (changes[0].text if changes else "")
    return Now(f"{where}: {small(first_sentence(words))}", command_for(found, report.target.host))


def _plan_of(remedy: Remedy) -> str:
    """The plan that a change takes, where it takes one."""
    plans = (each.plan for each in remedy.parts if isinstance(each, Change) and each.plan)
    return next(plans, "").capitalize()
