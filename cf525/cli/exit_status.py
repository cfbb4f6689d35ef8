"""The exit status of a run, computed here and nowhere else; ``MEANINGS`` says what each means."""

from typing import TYPE_CHECKING, Final

from cf525.errors import ApiError, Cf525Error, NoRemedy, UsageError

if TYPE_CHECKING:
    from cf525.cli.options.audit import FailOn
    from cf525.model import AuditReport, Report
    from cf525.model.fix import FixResult, Offers

OK: Final = 0
FAILS: Final = 1
USAGE: Final = 2
UNKNOWN: Final = 3
API: Final = 4
INTERRUPTED: Final = 130

MEANINGS: Final = {
    OK: "nothing wrong",
    FAILS: "the edge fails or would fail",
    USAGE: "wrong usage, or a selection that matches nothing",
    UNKNOWN: "cannot tell",
    API: "Cloudflare's API or credentials",
    INTERRUPTED: "interrupted (what was gathered is printed)",
}
"""What the help says, and the README."""

INTERRUPTED_ID: Final = "interrupted"
"""The id of the unknown that marks a report as cut short by the user."""


def of_report(report: "Report") -> int:
    """What a report means for a script that reads nothing else."""
    if any(unknown.id == INTERRUPTED_ID for unknown in report.unknowns):
        return INTERRUPTED
    status = report.edge_status
    if status.unknown:
        return UNKNOWN
    return FAILS if report.fails else OK


def of_audit(report: "AuditReport", fail_on: "FailOn") -> int:
    """What an audit means: an interruption or a silent API before what was found until then."""
    if not report.complete:
        return INTERRUPTED if report.stopped == INTERRUPTED_ID else API
    counted = report.counts
    wanted = {"broken": ("broken",), "at-risk": ("broken", "at-risk"), "never": ()}[fail_on.value]
    if any(counted.get(each) for each in wanted):
        return FAILS
    learned = any(counted.get(each) for each in ("ok", "broken", "at-risk", "not-applicable"))
    if report.plan is not None and not report.plan.numbers:
        return OK  # a share without parts: nothing was asked of it
    if not learned and (counted.get("unknown") or report.gaps or report.unknowns):
        return UNKNOWN
    return OK


def of_routes(report: "Report") -> int:
    """For a report that only says where the edge would go."""
    return OK if report.routes else UNKNOWN


def of_offers(found: "Offers") -> int:
    """What is to be had at Cloudflare; nothing is known where nothing was tried to its end."""
    if found.plans:
        return OK
    return UNKNOWN if found.untried else FAILS


def of_fix(done: "FixResult") -> int:
    """What carrying a change out, or taking it back, means. A change that was made and does not
    show at the edge has not mended anything yet."""
    if done.result in ("applied", "already", "undone"):
        return FAILS if done.as_predicted is False else OK
    return {"unknown": UNKNOWN, "api": API}.get(done.result, FAILS)


def of_error(error: BaseException) -> int:
    """What an error that ended the run means."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, NoRemedy):
        return FAILS
    if isinstance(error, ApiError):
        return API
    if isinstance(error, Cf525Error):
        return UNKNOWN
    return UNKNOWN
