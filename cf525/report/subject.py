"""What a first screen is about: the answer in a few words, the host or the file, and how many of
several routes fail.
"""

from collections.abc import Sequence
from typing import Final

from cf525.edge.codes import title_of
from cf525.model import Finding, Report
from cf525.model.target import place_of
from cf525.report.escape import for_terminal

_MARKS: Final = {"ok": "OK", "unknown": "?", "not-applicable": "n/a"}
_OF_A_FILE: Final = {
    "525": "the edge could not use this certificate",
    "526": "the edge would refuse this chain",
}
"""What a status says of files that no server sends yet."""


def answer(report: Report, *, read: bool) -> str:
    """The status with its title. ``read`` is true where files were read and no server asked."""
    status = report.edge_status
    title = title_of(status) or "the origin's own answer passes through"
    if read and status.works:
        title = "the edge would accept this chain"
    elif read and status in _OF_A_FILE:
        title = _OF_A_FILE[status]
    return f"{_MARKS.get(status, status)}  {title}"


def about(report: Report, files: Sequence[str], *, seen: bool = True) -> str:
    """The host, with the one file that was read for it, or, if wanted, with where it was ``seen``
    at the edge."""
    host = for_terminal(report.target.display or report.target.host)
    if len(files) == 1 and files[0] != "-":
        return f"{for_terminal(files[0].rpartition('/')[2])} for {host}"
    visit = report.visit
    if visit is None or not visit.told or not seen:
        return host
    place = f", {for_terminal(visit.colo)}" if visit.colo else ""
    return f"{host} · seen at the edge {visit.at:%H:%MZ}{place}"


def others(report: Report, finding: Finding) -> str:
    """How many of several routes fail, and one that fails in a way of its own; empty for one."""
    told = [each for each in report.route_statuses if each.edge.fails]
    total = len(report.routes)
    if total < 2 or not told:
        return ""
    places = {each.id: place_of(each.address or each.id, each.port) for each in report.routes}
    own = {each.edge.status for each in told if each.route in finding.routes}
    apart = next((each for each in told if each.edge.status not in own), None)
    text = f"{len(told)} of {total} routes fail" if len(told) < total else "All routes fail"
    if apart is not None:
        reason = f"{apart.edge.status}, {apart.edge.reason.rstrip('.')}"
        text += f", not all alike: {places[apart.route]} with {reason}"
    return f"{text}."
