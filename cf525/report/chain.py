"""A certificate chain as lines of text: the leaf on top, the anchor below, the broken link marked.

Drawn from a chain verdict alone, so that a saved report shows the same picture. Names come from
certificates and are escaped.
"""

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime

from cf525.model import CertificateFacts, ChainVerdict, Defect
from cf525.patterns import lazy_pattern
from cf525.report.escape import for_terminal
from cf525.report.line import Line, counted

_NAME_WIDTH = 38
NAME_END = 3 + _NAME_WIDTH
"""Where a line's name ends and what is said of it begins."""
_COMMON_NAME = lazy_pattern(r"(?:^|, )CN=([^,]+)")
_DAY = 86_400
_HOUR = 3_600
_OPEN_END = (
    "missing_intermediate",
    "untrusted_issuer",
    "issuer_candidate_rejected",
    "ca_no_certsign",
)


def chain_lines(verdict: ChainVerdict) -> list[Line]:
    """The path as far as the edge's verifier gets, then what was sent and not used."""
    lines: list[Line] = []
    used: set[int] = set()
    for place, subject in enumerate(verdict.path):
        facts = _sent(verdict, subject, used)
        if place:
            lines.append(Line(" │"))
        if facts is not None:
            used.add(facts.index)
        ends = verdict.anchor is not None and 0 < place == len(verdict.path) - 1
        if facts is None or ends:
            lines.append(_anchor(verdict, subject, sent=facts is not None, root=ends))
        else:
            lines.append(_link(facts, verdict))
    lines += _end(verdict)
    unused = [each for each in verdict.certificates if each.index not in used]
    if verdict.path and unused:
        lines += [Line(""), *(_unused(each, verdict) for each in unused)]
    if not verdict.path:
        lines += [_link(each, verdict) for each in verdict.certificates]
    return lines


def missing_lines(verdict: ChainVerdict) -> list[Line]:
    """The certificates to append, as PEM to copy; empty when nothing was found to be missing."""
    lines: list[Line] = []
    for der in verdict.missing:
        body = b64encode(der).decode("ascii")
        lines.append(Line("-----BEGIN CERTIFICATE-----"))
        lines += [Line(body[at : at + 64]) for at in range(0, len(body), 64)]
        lines.append(Line("-----END CERTIFICATE-----"))
    return lines


def _sent(verdict: ChainVerdict, subject: str, used: set[int]) -> CertificateFacts | None:
    """The first certificate on the wire with this subject that was not drawn yet."""
    return next(
        (
            each
            for each in verdict.certificates
            if each.subject == subject and each.key and each.index not in used
        ),
        None,
    )


def _link(facts: CertificateFacts, verdict: ChainVerdict) -> Line:
    broken = any(
        each.index == facts.index for each in verdict.decisive if each.code not in _OPEN_END
    )
    mark = "✗" if broken else "✓"
    parts = [facts.error] if facts.error else [facts.key, _life(facts, verdict.at)]
    text = f" {mark} {_padded(_name(facts))} {', '.join(filter(None, parts))}"
    return Line(text.rstrip(), "red" if broken else "")


def _anchor(verdict: ChainVerdict, subject: str, *, sent: bool, root: bool) -> Line:
    """A certificate the edge has itself; a root that was sent as well is drawn once."""
    broken = any(each.index is None for each in verdict.decisive)
    mark = "✗" if broken else "✓"
    name = verdict.anchor if root and verdict.anchor is not None else _short(subject)
    label = "trusted root" if root else "stored"
    also = ", sent too" if sent else ""
    return Line(
        f" {mark} {_padded(for_terminal(name))} {label}{also}", "red" if broken else "green"
    )


def _end(verdict: ChainVerdict) -> Iterator[Line]:
    """The link that is missing above the last certificate of the path."""
    found = next((each for each in verdict.decisive if each.code in _OPEN_END), None)
    if found is None or not verdict.path or verdict.anchor is not None:
        return
    top = _sent(verdict, verdict.path[-1], set())
    issuer = for_terminal(_short(top.issuer)) if top is not None else "its issuer"
    yield Line(" │")
    yield Line(f" ✗ {_padded(issuer)} {_end_label(found)}", "red")


def _end_label(found: Defect) -> str:
    return {
        "missing_intermediate": "not sent",
        "untrusted_issuer": "not sent, not trusted",
    }.get(found.code, "does not fit")


def _unused(facts: CertificateFacts, verdict: ChainVerdict) -> Line:
    codes = [each.code for each in verdict.defects if each.index == facts.index]
    why = {"duplicate": "sent twice", "root_included": "root, not needed"}
    label = next((why[code] for code in codes if code in why), facts.error or "not used")
    broken = any(each.index == facts.index for each in verdict.decisive)
    mark = "✗" if broken else " "
    return Line(f" {mark} {_padded(_name(facts))} {label}", "red" if broken else "dim")


def _short(name: str) -> str:
    """The common name of a distinguished name as it is written here, or all of it."""
    found = _COMMON_NAME.search(name)
    return found[1] if found else name


def _name(facts: CertificateFacts) -> str:
    return for_terminal(facts.common_name or facts.subject or f"certificate {facts.index + 1}")


def _padded(name: str) -> str:
    """``name`` in a fixed column, cut in the middle of nothing that matters."""
    shown = name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"
    return shown.ljust(_NAME_WIDTH)


def _life(facts: CertificateFacts, at: datetime) -> str:
    if facts.not_before is not None and facts.not_before > at:
        return f"valid from {facts.not_before:%Y-%m-%d}"
    if facts.not_after is None:
        return ""
    left = int((facts.not_after - at).total_seconds())
    day = f"{facts.not_after:%Y-%m-%d}"
    if left > 0:
        return f"{_whole(left)} left ({day})"
    return (
        f"expired {counted(-left // _DAY, 'day')} ago ({day})"
        if left <= -_DAY
        else f"expired ({day})"
    )


def _whole(seconds: int) -> str:
    """Days; on the last of them hours or minutes."""
    if seconds >= _DAY:
        return counted(seconds // _DAY, "day")
    if seconds >= _HOUR:
        return counted(seconds // _HOUR, "hour")
    return counted(seconds // 60, "minute")
