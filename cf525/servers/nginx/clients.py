"""Client certificates at nginx: who is asked for one, and what a request without one meets.

The handshake completes; the request is refused with 496 within, which ``error_page`` may turn into
anything and which is 400 outside where nothing does (documented; measured with nginx 1.22).
"""

from cf525.model import Status, Unknown
from cf525.pki.bundles import certificates_in
from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault
from cf525.servers.library import What
from cf525.servers.nginx.check import Checker
from cf525.servers.nginx.model import Server
from cf525.servers.question import Question
from cf525.servers.tree import Directive
from cf525.values import dataclass

NO_CERTIFICATE = "496"
BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a request without a certificate is answered; ``code`` is None where that is left to
    what it is handed to."""

    code: int | None
    where: Directive


def demand(server: Server, checker: Checker, question: Question) -> Fault | Unknown | str | None:
    """The fault of a certificate that is demanded; an unknown where the edge may well have it, a
    doubt where not everybody without one is turned away."""
    verify = server.setting("ssl_verify_client")
    if verify is None or verify.argument() == "off":
        return None
    refusal = _of_page(server, verify) if verify.argument() == "on" else _of_test(server)
    if refusal is None:
        return None
    code = refusal.code
    if code is None or code < BAD_REQUEST:
        what = "is handed on" if code is None else f"is answered with {code}"
        return f"without a client certificate a request {what}, by {refusal.where.name}"
    status = Status("520") if code == 444 else Status(f"origin-{code}")
    how = "a close" if code == 444 else f"HTTP {code} after the handshake"
    file = server.setting("ssl_client_certificate")
    content = (
        checker.library.read(checker.path(file.argument()), What.CERTIFICATES)
        if file is not None
        else None
    )
    by_test = verify.argument() != "on"
    first = refusal.where if by_test else verify
    more = () if by_test or refusal.where is verify else (refusal.where.place,)
    found = faults.client_certificate(
        certificates_in(content) if isinstance(content, bytes) else None,
        (first.place, *more, *((file.place,) if file is not None else ())),
        status=status,
        how=how,
        aop=question.client_certificate,
        edits=() if by_test else _unasked(server, verify, checker),
    )
    if found is not None:
        return found
    known = question.client_certificate in ("global", "zone", "host")
    return None if known else faults.ORIGIN_PULL


def _unasked(server: Server, verify: Directive, checker: Checker) -> tuple[Edit, ...]:
    """The demand taken from this server alone, wherever the line stands that makes it."""
    if verify in server.directive.all("ssl_verify_client"):
        return checker.mender.replaced(verify, "ssl_verify_client", "off")
    return checker.mender.inserted(server.directive, "ssl_verify_client off;")


def _of_page(server: Server, verify: Directive) -> Refusal:
    """What ``error_page`` makes of the missing certificate."""
    for each in server.settings("error_page"):
        codes, target = each.args[:-1], each.args[-1] if each.args else ""
        if NO_CERTIFICATE not in codes:
            continue
        written = next((code for code in codes if code.startswith("=")), "")
        if written[1:].isdigit():
            return Refusal(int(written[1:]), each)
        if not written:
            away = not target.startswith(("/", "@"))
            return Refusal(302 if away else BAD_REQUEST, each)
        return Refusal(_answer(server, target), each)
    return Refusal(BAD_REQUEST, verify)


def _answer(server: Server, target: str) -> int | None:
    """The status that a named location returns; None where it does something else."""
    for each in server.directive.all("location"):
        if each.args == (target,):
            returned = each.first("return")
            code = returned.argument() if returned is not None else ""
            return int(code) if code.isdigit() else None
    return None


def _of_test(server: Server) -> Refusal | None:
    """The test of ``$ssl_client_verify`` that turns those without a certificate away."""
    for block in server.directive.all("if"):
        text = " ".join(block.args)
        if "$ssl_client_verify" not in text or "!=" not in text:
            continue
        answer = block.first("return")
        if answer is not None and answer.argument().isdigit():
            code = int(answer.argument())
            return Refusal(code, answer) if code >= BAD_REQUEST else None
    return None
