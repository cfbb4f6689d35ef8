"""From the bytes of one visit to what they mean: which status, made by whom, at which place.

Pure. The status line and Cloudflare's own headers decide; a body can only add to them, because a
custom error page replaces it whatever was asked for. Nothing is decided by the text of a page.

Sources: developers.cloudflare.com/fundamentals/reference/error-responses (RFC 9457 bodies),
support/troubleshooting/http-status-codes/cloudflare-error-headers (cf-error-type),
cache/concepts/cache-responses (cf-cache-status), RFC 9112 section 7.1 (chunks).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, Final

from cf525.edge.codes import DECLARED
from cf525.model import Ending, HttpAnswer, Maker, Observation, Stage, Visit, VisitOutcome
from cf525.model.decoding import decode
from cf525.model.status import EDGE_TLS, UNKNOWN, Status
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

MADE_BY_THE_EDGE: Final = (*range(520, 528), 530)
"""Statuses of Cloudflare's own. An origin may send them too, but hardly ever does."""
ASKED_THE_ORIGIN: Final = ("dynamic", "miss", "bypass", "expired", "revalidated")
FROM_THE_CACHE: Final = ("hit", "stale", "updating")

_RAY: Final = lazy_pattern(r"([0-9a-f]{16})(?:-([A-Z]{3}))?\Z")
_TOKEN: Final = lazy_pattern(r"[A-Za-z0-9_.-]{1,40}\Z")
_CODE: Final = lazy_pattern(r"[1-9][0-9]{2,3}\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """The members of an RFC 9457 body that Cloudflare documents, as far as they were there."""

    code: str = ""
    by_cloudflare: bool = False


def read_visit(seen: Observation, *, trusted: bool | None) -> Visit:
    """What one probe of the edge tells.

    ``trusted`` says whether a browser would take the certificate for the name; False means that
    somebody stands between here and Cloudflare, and nothing is concluded.
    """
    visit = Visit(
        outcome=VisitOutcome.UNREACHABLE,
        at=seen.started_at,
        address=seen.address,
        milliseconds=round(seen.timings.total, 1),
        observation=seen.id,
        detail=seen.detail,
    )
    if not seen.stage.reached(Stage.CONNECTED) or seen.ending is Ending.LOCAL_ERROR:
        return replace(visit, detail=seen.detail or str(seen.ending))
    if seen.certificates and trusted is False:
        return replace(visit, outcome=VisitOutcome.INTERCEPTED)
    if seen.http is not None and seen.http.status is not None:
        return _answered(replace(visit, outcome=VisitOutcome.ANSWERED), seen.http)
    if not seen.established and seen.sni is not None:
        return _refused(visit, seen)
    return replace(visit, outcome=VisitOutcome.NO_ANSWER, detail=str(seen.ending))


def _refused(visit: Visit, seen: Observation) -> Visit:
    """The handshake with the edge failed. Only an alert says that the edge itself refused."""
    alert = seen.fatal_alert
    if alert is None:
        return replace(visit, detail=f"{seen.stage} {seen.ending}")
    return replace(
        visit,
        outcome=VisitOutcome.TLS_REFUSED,
        code=EDGE_TLS,
        maker=Maker.CLOUDFLARE,
        detail=f"alert {alert.description} {alert.name}",
    )


def _answered(visit: Visit, answer: HttpAnswer) -> Visit:
    assert answer.status is not None
    ray = _RAY.match(answer.header("cf-ray") or "")
    if ray is None:
        # Whatever answers for the edge's address without a ray is not the edge: a captive
        # portal, or a proxy that answers by itself.
        return replace(visit, outcome=VisitOutcome.INTERCEPTED, status=answer.status)
    problem = _problem(answer)
    cache = (answer.header("cf-cache-status") or "").lower()
    error_type = _token(answer.header("cf-error-type"))
    visit = replace(
        visit,
        status=answer.status,
        form=_form(answer),
        error_type=error_type,
        ray=ray[1],
        colo=ray[2] or "",
        fresh=cache not in FROM_THE_CACHE,
        maker=_maker(answer, problem, error_type, cache),
        skew=_skew(visit, answer),
    )
    return replace(visit, code=_code(visit, problem))


def _maker(answer: HttpAnswer, problem: Problem, error_type: str, cache: str) -> Maker:
    if problem.by_cloudflare or error_type or answer.header("cf-mitigated") is not None:
        return Maker.CLOUDFLARE
    if answer.status in MADE_BY_THE_EDGE:
        # "error code: 525" is the edge's plain form; a page in HTML without a header may be
        # anybody's, and the status alone is then the best there is.
        plain = answer.body_head.strip() == f"error code: {answer.status}".encode()
        return Maker.CLOUDFLARE if plain else Maker.UNKNOWN
    return Maker.ORIGIN if cache in ASKED_THE_ORIGIN else Maker.UNKNOWN


def _code(visit: Visit, problem: Problem) -> Status:
    status = visit.status
    assert status is not None
    if status in MADE_BY_THE_EDGE:
        inner = problem.code or visit.error_type
        return Status(inner if inner in DECLARED else status)
    if visit.maker is Maker.CLOUDFLARE:
        # A block, a challenge or a 1xxx: only the last is about the origin.
        return Status(problem.code) if problem.code in DECLARED else UNKNOWN
    return Status.of_origin(status)


def _problem(answer: HttpAnswer) -> Problem:
    """The structured body, when it is one; a hostile one is as good as none."""
    body = _unchunked(answer)
    if not body.lstrip().startswith(b"{"):
        return Problem()
    try:
        members: Any = decode(body)
    except (ValueError, RecursionError):
        return Problem()
    if not isinstance(members, Mapping):
        return Problem()
    code = str(members.get("error_code", ""))
    return Problem(
        code=code if _CODE.match(code) else "",
        by_cloudflare=members.get("cloudflare_error") is True,
    )


def _unchunked(answer: HttpAnswer) -> bytes:
    body = answer.body_head
    if "chunked" not in (answer.header("transfer-encoding") or "").lower():
        return body
    whole = b""
    while body:
        line, _, body = body.partition(b"\r\n")
        size = line.partition(b";")[0].strip()
        if not re.fullmatch(b"[0-9A-Fa-f]{1,8}", size) or int(size, 16) == 0:
            break
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return whole


def _form(answer: HttpAnswer) -> str:
    kind = (answer.header("content-type") or "").lower()
    return next((form for form in ("json", "html") if form in kind), "text")


def _token(value: str | None) -> str:
    return value if value is not None and _TOKEN.match(value) else ""


def _skew(visit: Visit, answer: HttpAnswer) -> float | None:
    """By how much this machine's clock is ahead of the edge's; None without a readable Date."""
    try:
        edge = parsedate_to_datetime(answer.header("date") or "")
        return round((visit.at - edge).total_seconds() + visit.milliseconds / 1000, 1)
    except (ValueError, TypeError, OverflowError):
        return None
