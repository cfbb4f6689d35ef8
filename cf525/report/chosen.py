"""Which of a finding's fixes is shown first: that of the server that was recognised or named.

What a fix holds and how it is laid out is not decided here.
"""

from cf525.model import Finding, Remedy, Report


def fix_for(report: Report, finding: Finding) -> Remedy | None:
    """The one fix to show: the recognised server's, else one that is for all, else none.

    None where the fix differs by server and which one it is was not told: then no server's words
    are right.
    """
    fixes = [each for each in finding.remedies if not each.stop_gap]
    server = report.server.platform if report.server is not None else ""
    here = [each for each in fixes if each.where == "origin"]
    theirs = next((each for each in here if each.platform == server), None)
    everybodys = next((each for each in here if each.platform == "any"), None)
    elsewhere = next((each for each in fixes if each.where != "origin"), None)
    return theirs or everybodys or (None if here else elsewhere)


def for_all(finding: Finding) -> str:
    """What is to be done in words for any server, without the sentence that leads to lines of
    its own; empty where the finding has none."""
    fixes = (each for each in finding.remedies if not each.stop_gap and each.where == "origin")
    text = next((each.text for each in fixes if each.platform == "any"), "")
    sentences = text.split(". ")
    return ". ".join(sentences[:-1]) + "." if text.endswith(":") and sentences[1:] else text


def servers_of(finding: Finding) -> tuple[str, ...]:
    """The servers and platforms for which the finding has a fix of their own."""
    named = (each.platform for each in finding.remedies if not each.stop_gap)
    return tuple(dict.fromkeys(each for each in named if each != "any"))


def asks_for_server(report: Report) -> bool:
    """Whether the fix differs by server and nothing told which one it is."""
    finding = report.headline_finding
    if finding is None or report.server is not None:
        return False
    fix = fix_for(report, finding)
    return len(servers_of(finding)) > 1 and (fix is None or fix.platform == "any")
