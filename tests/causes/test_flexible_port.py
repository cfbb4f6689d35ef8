"""What Flexible makes of a route has one source: the route, the stop-gap and --mode agree."""

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.filling import place, render
from cf525.diagnosis.options import Options
from cf525.diagnosis.routes import RoutePlan, by_hand
from cf525.edge.modes import origin_leg
from cf525.lab.world import Rule
from cf525.model import Confidence, EdgeStatus, Route, Status, Target
from cf525.model.parsing import parse_target
from tests.account.labs import routes, world

HOST = "www.example.com"
BY_RULE = (Rule(expression=f'http.host eq "{HOST}"', parameters={"origin": {"port": 3000}}),)


def route(mode: str, target: str, *, ruled: bool) -> Route:
    rules = BY_RULE if ruled else ()
    (one,) = routes(world(settings={"ssl": mode}, origin_rules=rules), target)
    return one


def stop_gap(one: Route, target: Target) -> str:
    """What is offered in the runbook; nothing on a port where it would not hold."""
    case = Case(
        context=Context(target=target),
        route=one,
        status=EdgeStatus(status=Status("525"), confidence=Confidence.HIGH, reason="test"),
    )
    page = render("no-tls-on-443", case, {"line": "HTTP/1.1 400"}, ())
    gaps = [each.text for each in page.remedies if each.stop_gap]
    assert place(case).plain == origin_leg(
        "flexible", target.scheme, target.port, case.route.fixed_port
    )
    return " ".join(gaps)


@pytest.mark.parametrize(
    ("target", "ruled", "scheme", "port", "said"),
    [
        (f"https://{HOST}/", True, "http", 3000, "plain HTTP on port 3000"),
        (f"https://{HOST}/", False, "http", 80, "plain HTTP on port 80"),
        (f"https://{HOST}:8443/", False, "https", 8443, ""),
        (f"https://{HOST}:8443/", True, "https", 3000, ""),
    ],
)
def test_route_stop_gap_and_mode_by_hand_agree(
    target: str, ruled: bool, scheme: str, port: int, said: str
) -> None:
    asked = parse_target(target)
    read = route("flexible", target, ruled=ruled)
    assert (read.scheme, read.port) == (scheme, port)
    full = route("full", target, ruled=ruled)
    assert said in stop_gap(full, asked)
    assert bool(said) is bool(stop_gap(full, asked))
    (by_mode,) = by_hand(asked, Options(mode="flexible"), RoutePlan(routes=(full,))).routes
    assert (by_mode.scheme, by_mode.port) == (scheme, port)
