"""The chosen answer: the same in every form, one action first, one command next."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import unescape

import pytest

from cf525.lab.demo import DemoResult
from cf525.model import (
    ChainVerdict,
    Confidence,
    Config,
    Provenance,
    Recognised,
    Remedy,
    Report,
    Shell,
    Words,
)
from cf525.report import message, screen, text, ticket, verification
from cf525.report.answer import Answer, answer
from cf525.report.audit import html
from cf525.report.line import Line
from cf525.report.next_command import Invocation
from cf525.report.paste import lines_of
from tests.report.test_remedies import report as report_with

pytestmark = pytest.mark.xdist_group("demo")

SERVERS = ("nginx", "Apache", "HAProxy", "Caddy", "IIS", "Traefik", "ingress-nginx", "Node")
RUN = Invocation(command="diagnose", arguments=("www.example.com",), options=(("--no-edge", None),))


@pytest.fixture(scope="module")
def reports(demo: Mapping[str, DemoResult]) -> list[Report]:
    """Every report of the demo that has a cause, for nobody's server and for each of some."""
    failing = [each.report for each in demo.values() if each.report.headline]
    named = [Recognised(platform=each, ground="--server") for each in SERVERS]
    return [replace(each, server=server) for each in failing for server in (None, *named)]


def squeezed(text: str) -> str:
    """Without breaks, which each form makes elsewhere."""
    return "".join(text.replace(" \\\n", " ").split())


def in_text(render: Callable[..., list[Line]]) -> Callable[[Report], str]:
    def shown(report: Report) -> str:
        return "\n".join(f"{each.label}{each.text}" for each in render(report, run=RUN))

    return shown


def plain(report: Report) -> str:
    return unescape(html.render_host(report, RUN))


def told(report: Report, each: Answer) -> Iterator[str]:
    """What a first screen may hold that is to be acted on."""
    fix, now, then = each.fix, each.now, each.then
    if fix is not None:
        yield from (*fix.general, *fix.own, fix.command)
        for part in fix.remedy.parts if fix.remedy is not None else ():
            if isinstance(part, Config | Shell):
                yield from part.text.split("\n") if isinstance(part, Config) else part.commands
    yield now.command if now is not None else ""
    yield from (then.words, then.command, then.link) if then is not None else ()


FORMS: Mapping[str, Callable[[Report], str]] = {
    "-v": in_text(lambda report, run: text.render(report, verbose=True, run=run)),
    "html": plain,
    "markdown": lambda report: ticket.render(report, RUN).replace("\\", ""),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_holds_less_to_act_on_than_the_first_screen(
    form: str, reports: list[Report]
) -> None:
    for report in reports:
        shown = squeezed(FORMS[form](report)).lower()
        for each in told(report, answer(report, RUN)):
            if each.startswith("(dashboard:"):
                continue  # where it is found stands in each form's own words
            wanted = squeezed(each).lower().replace("\\", "")
            assert wanted.rstrip(".") in shown.replace("\\", ""), (report.target.host, form, each)


def test_a_verified_file_has_its_fixes_with_v_too(reports: list[Report]) -> None:
    expired = next(each for each in reports if each.target.host == "selfsigned.example.com")
    report = replace(expired, observations=(), chain_verdicts=expired.chain_verdicts[:1])
    assert isinstance(report.chain_verdicts[0], ChainVerdict)
    run = Invocation(command="verify", arguments=("a.pem",))
    for verbose in (False, True):
        lines = verification.render(report, verbose=verbose, run=run)
        shown = squeezed("\n".join(f"{each.label}{each.text}" for each in lines)).lower()
        assert squeezed("put a certificate that the edge trusts in its place") in shown
        assert squeezed("certbot certonly --dns-cloudflare -d selfsigned.example.com") in shown
        assert squeezed("cf525 verify a.pem") in shown


def test_what_is_to_be_pasted_stands_whole_or_is_printed_by_a_command(
    reports: list[Report],
) -> None:
    whole = 0
    for report in reports:
        lines = screen.render(report, run=RUN)
        shown = squeezed("\n".join(f"{each.label}{each.text}" for each in lines))
        assert screen.rows(lines) <= screen.ROWS
        assert "…and" not in shown
        found = answer(report, RUN)
        assert found.fix is not None
        if found.fix.remedy is None:
            continue
        following = found.then.command if found.then is not None else ""
        pasted = lines_of(found.fix.remedy, indent=7, width=80, told=following)
        pieces = [squeezed(each.text.removesuffix("\\")) for each in pasted if each.style == "cyan"]
        stands = [piece in shown for piece in pieces]
        if not all(stands):
            assert squeezed("cf525 diagnose www.example.com --no-edge -v") in shown
            assert sum(stands) <= 2  # how it is loaded
        whole += bool(pieces) and all(stands)
    assert whole > 60


def test_a_sentence_of_the_fix_is_never_cut(reports: list[Report]) -> None:
    for report in reports:
        lines = screen.render(report)
        labels = [each.label for each in lines]
        fix = lines[labels.index(" FIX") :]
        assert not any(each.text.endswith(" …") for each in fix), report.target.host


def selfsigned(reports: list[Report], platform: str) -> Answer:
    return next(
        answer(each)
        for each in reports
        if each.target.host == "selfsigned.example.com"
        and each.server is not None
        and each.server.platform == platform
    )


@pytest.mark.parametrize("platform", SERVERS)
def test_how_a_server_takes_a_certificate_follows_which_one_to_get(
    platform: str, reports: list[Report]
) -> None:
    fix = selfsigned(reports, platform).fix
    assert fix is not None
    assert fix.general[0].startswith("Put a certificate that the edge trusts in its place")
    assert fix.words().startswith(f"{platform}: put a certificate that the edge trusts")
    assert platform != "HAProxy" or fix.own[0].startswith("Certificate, intermediates and key")


def test_the_message_to_the_owner_says_which_one_to_get(reports: list[Report]) -> None:
    report = next(
        each
        for each in reports
        if each.target.host == "selfsigned.example.com"
        and each.server is not None
        and each.server.platform == "HAProxy"
    )
    shown = " ".join(message.render(report).split())
    assert "What would mend it (HAProxy): Put a certificate that the edge trusts" in shown
    assert "Certificate, intermediates and key in one file" in shown


def test_words_that_a_page_has_for_a_server_stand_alone(reports: list[Report]) -> None:
    for report in reports:
        if report.target.host == "www.example.com" and report.server is not None:
            fix = answer(report).fix
            assert fix is not None
            own = report.server.platform in ("nginx", "HAProxy")  # the others' are @site
            assert bool(fix.general) != own, report.server.platform


def test_the_stop_gap_says_that_the_fix_comes_first(reports: list[Report]) -> None:
    gaps = 0
    for report in reports:
        now = answer(report).now
        if now is not None and now.command:
            assert now.text.startswith(("only if FIX must wait", "instead of FIX"))
            gaps += 1
    assert gaps > 20


def test_a_rule_that_may_not_be_meant_is_looked_at_before_the_fix(reports: list[Report]) -> None:
    report = next(each for each in reports if each.target.host == "www.example.com")
    route = report.routes[0]
    rule = Provenance(source="api", detail="the Origin Rule 'shop' sends SNI a.example")
    report = replace(
        report, routes=(replace(route, provenance={**route.provenance, "rules": rule}),)
    )
    lines = screen.render(report)
    labels = [each.label for each in lines]
    assert labels.index(" RULE") < labels.index(" FIX")
    shown = " ".join(" ".join(each.text for each in lines).split())
    assert "Look here first: the Origin Rule 'shop' sends SNI a.example." in shown
    assert "correct the rule; else FIX." in shown
    assert "Look here first" in ticket.render(report)
    assert "Look here first" in html.render_host(report)


def guessed(*parts: Words | Config | Shell, confidence: Confidence = Confidence.LOW) -> Report:
    ours = report_with(Remedy(where="origin", platform="any", parts=parts))
    return replace(ours, findings=(replace(ours.findings[0], confidence=confidence),))


def test_where_the_cause_is_a_guess_the_next_command_is_what_decides() -> None:
    ask = Shell(commands=("ss -ltnp", "nginx -s reload"))
    then = answer(guessed(Words(text="Ask it."), ask)).then
    assert then is not None
    assert (then.words, then.command) == ("on the origin host, as its answer decides:", "ss -ltnp")
    ours = answer(guessed(Shell(commands=("cf525 explain 'A LINE'",)))).then
    assert ours is not None
    assert (ours.words, ours.command) == ("", "cf525 explain 'A LINE'")


def test_where_it_is_known_the_next_command_proves_the_mend() -> None:
    known = guessed(Shell(commands=("ss -ltnp",)), confidence=Confidence.HIGH)
    loads = guessed(Shell(commands=("nginx -s reload",)))
    for report in (known, loads):
        then = answer(report).then
        assert then is not None
        assert (then.words, then.command) == ("after FIX:", "cf525 watch a.example")


def test_the_deciding_command_is_printed_once() -> None:
    ask = Shell(commands=("ss -ltnp", "systemctl --failed"))
    shown = [f"{each.label}{each.text}" for each in screen.render(guessed(ask))]
    assert sum("ss -ltnp" in each for each in shown) == 1
    assert sum("systemctl --failed" in each for each in shown) == 1


def test_there_is_one_next_command_at_most(reports: list[Report]) -> None:
    for report in reports:
        lines = screen.render(report)
        assert sum(each.label == " THEN" for each in lines) <= 1
        if report.fails:
            assert sum(each.label == " THEN" for each in lines) == 1


def test_of_a_file_that_no_server_has_yet_no_form_offers_a_stop_gap(reports: list[Report]) -> None:
    report = next(each for each in reports if each.target.host == "selfsigned.example.com")
    named = Provenance(source="argument", detail="a.pem")
    routes = tuple(replace(each, provenance={"address": named}) for each in report.routes)
    file = replace(report, routes=routes, observations=(), visit=None, comparison=None)
    for form, shown in FORMS.items():
        assert "mode-for-host" in shown(report), form
        assert "mode-for-host" not in shown(file), form
        assert "MEANWHILE" not in shown(file).upper().replace("-", ""), form
