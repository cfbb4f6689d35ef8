"""What the command line says of a route: where the edge would connect in which mode."""

import asyncio
from dataclasses import replace

import pytest

from cf525.diagnosis.options import Options
from cf525.diagnosis.routes import RoutePlan, by_hand
from cf525.jobs.diagnose import diagnose
from cf525.model import NotProbeable, Provenance, Report, Route, Target
from cf525.model.parsing import ConnectTo, parse_connect_to
from tests.causes.scenarios import scripted
from tests.causes.test_scenarios import banner

ADDRESS = "192.0.2.7"


def planned(
    mode: str | None, port: int = 443, given: int | None = None, scheme: str = "https"
) -> Route:
    target = Target(scheme=scheme, host="www.example.com", port=port)
    options = Options(origins=((ADDRESS, given),), mode=mode)
    (route,) = by_hand(target, options, RoutePlan(routes=())).routes
    return route


@pytest.mark.parametrize(
    ("mode", "visitor", "expected"),
    [
        ("off", 443, ("http", 80)),
        ("flexible", 443, ("http", 80)),
        ("flexible", 8443, ("https", 8443)),
        ("full", 443, ("https", 443)),
        ("strict", 443, ("https", 443)),
        ("strict", 2053, ("https", 2053)),
        ("origin_pull", 443, ("https", 443)),
        (None, 443, ("https", 443)),
    ],
)
def test_an_origin_without_a_port_is_asked_where_its_mode_leads(
    mode: str | None, visitor: int, expected: tuple[str, int]
) -> None:
    route = planned(mode, visitor)
    assert (route.scheme, route.port) == expected


@pytest.mark.parametrize("mode", ["off", "flexible", "full", "strict"])
def test_a_port_that_was_given_stays(mode: str) -> None:
    assert planned(mode, given=8081).port == 8081


def test_origin_pull_speaks_tls_to_visitors_of_port_80_as_well() -> None:
    route = planned("origin_pull", 80, scheme="http")
    assert (route.scheme, route.port) == ("https", 443)


def test_a_port_that_the_account_decided_stays_in_another_mode() -> None:
    ruled = Provenance(source="api", detail="Origin Rule")
    known = replace(planned(None), port=8443, provenance={"port": ruled})
    target = Target(scheme="https", host="www.example.com", port=443)
    (route,) = by_hand(target, Options(mode="flexible"), RoutePlan(routes=(known,))).routes
    assert route.port == 8443


def in_flexible(place: tuple[str, int]) -> Report:
    options = Options(
        origins=((place[0], None),),
        mode="flexible",
        connect_to=(ConnectTo("www.example.com", 80, *place),),
        edge=False,
        fetch=False,
    )
    return asyncio.run(diagnose("www.example.com", options))


def test_a_plain_site_behind_flexible_is_fine_and_nothing_is_said_of_tls() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    with scripted(banner(answer)) as place:
        report = in_flexible(place)
    assert report.edge_status == "ok"
    assert "TLS" not in report.summary
    assert "post-quantum-roll-out" not in {each.id for each in report.unknowns}


def test_nothing_on_port_80_is_no_missing_tls_in_flexible() -> None:
    with scripted(banner(b"")) as place:
        pass
    report = in_flexible(place)
    assert (report.edge_status, report.headline) == ("521", "port-refused")
    remedies = [each.text for finding in report.findings for each in finding.remedies]
    assert not any("Flexible" in text for text in remedies)


@pytest.mark.parametrize("how", ["--origin", "--connect-to"])
def test_an_address_set_apart_is_asked_where_a_person_names_it(how: str) -> None:
    target = Target(scheme="https", host="www.example.com", port=443)
    known = replace(planned("full"), address="198.18.0.1", not_probeable=NotProbeable.SPECIAL)
    named = Options(origins=(("198.18.0.1", None),))
    if how == "--connect-to":
        named = Options(connect_to=(parse_connect_to("www.example.com:443:198.18.0.1:443"),))
    (left,) = by_hand(target, Options(), RoutePlan(routes=(known,))).routes
    (asked,) = by_hand(target, named, RoutePlan(routes=(known,))).routes
    assert (left.not_probeable, asked.not_probeable) == (NotProbeable.SPECIAL, None)
