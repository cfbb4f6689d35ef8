"""How bad a host is, and what is going to break it."""

from datetime import timedelta
from typing import Any

import pytest

from cf525.audit.severity import row_of
from cf525.model import HostRow, Report, Risk, Severity, Traffic, ZoneFacts
from cf525.pki.trust import ORIGIN_CA
from tests.audit.rows import NOW, mismatch, report, route, traffic, verdict


def judged(one: Report, *, expiring: int | None = 14, met: Traffic | None = None) -> HostRow:
    return row_of(one, zone="z.example", expiring=expiring, now=NOW, traffic=met)


@pytest.mark.parametrize(
    ("statuses", "severity"),
    [
        (("ok",), Severity.OK),
        (("525",), Severity.BROKEN),
        (("526", "ok"), Severity.BROKEN),
        (("522", "ok"), Severity.AT_RISK),
        (("522", "521"), Severity.BROKEN),
        (("522", "unknown"), Severity.BROKEN),
        (("redirect-loop",), Severity.BROKEN),
        (("unknown",), Severity.UNKNOWN),
        (("not-applicable",), Severity.NOT_APPLICABLE),
        (("origin-403",), Severity.OK),
    ],
)
def test_severity_follows_from_the_routes(statuses: tuple[str, ...], severity: Severity) -> None:
    assert judged(report(*statuses)).severity is severity


def test_an_origin_status_with_a_cause_is_broken() -> None:
    assert judged(report("origin-400", headline="wrong-port")).severity is Severity.BROKEN


@pytest.mark.parametrize(
    ("days", "expiring", "risky"),
    [(13, 14, True), (15, 14, False), (15, 20, True), (-1, 14, False)],
)
def test_a_certificate_is_at_risk_before_its_end_and_not_after(
    days: int, expiring: int, risky: bool
) -> None:
    ends = verdict(ends=NOW + timedelta(days=days))
    found = judged(report("ok", chain_verdicts=(ends,)), expiring=expiring)
    assert (Risk.EXPIRES in found.risks) is risky
    assert found.expires == NOW + timedelta(days=days)


@pytest.mark.parametrize(
    ("life", "left", "risky"),
    [
        (90, 14, True),
        (90, 16, False),
        (64, 10, True),
        (64, 11, False),
        (6, 2, False),
        (6, 0.9, True),
        (365, 29, True),
        (365, 31, False),
    ],
)
def test_a_certificate_ends_soon_by_its_own_lifetime(life: float, left: float, risky: bool) -> None:
    ends = NOW + timedelta(days=left)
    one = verdict(begins=ends - timedelta(days=life), ends=ends)
    found = judged(report("ok", chain_verdicts=(one,)), expiring=None)
    assert (Risk.EXPIRES in found.risks) is risky
    assert (found.begins, found.expires) == (ends - timedelta(days=life), ends)


@pytest.mark.parametrize(
    ("life", "left", "named"), [(5475, 29, True), (5475, 31, False), (7, 3, False), (7, 2, True)]
)
def test_a_short_certificate_of_the_origin_ca_is_not_named_all_its_life(
    life: int, left: int, named: bool
) -> None:
    ends = NOW + timedelta(days=left)
    own = verdict(begins=ends - timedelta(days=life), ends=ends, anchor=f"Root ({ORIGIN_CA})")
    found = judged(report("ok", chain_verdicts=(own,)), expiring=None)
    assert (Risk.ORIGIN_CA_ENDS in found.risks) is named


def test_an_origin_ca_certificate_is_named_a_month_ahead() -> None:
    ends = NOW + timedelta(days=25)
    own = verdict(ends=ends, anchor=f"Root ({ORIGIN_CA})")
    public = verdict(ends=ends, anchor="Root (published list)")
    assert judged(report("ok", chain_verdicts=(own,))).risks == (Risk.ORIGIN_CA_ENDS,)
    assert judged(report("ok", chain_verdicts=(public,))).risks == ()


def test_a_default_certificate_behind_full_is_a_risk_and_no_safe_upgrade() -> None:
    wrong = verdict(accepted=False, defects=(mismatch(),))
    found = judged(report("ok", mode="full", chain_verdicts=(wrong,)))
    assert (found.severity, found.risks) == (Severity.AT_RISK, (Risk.FALLBACK_CERTIFICATE,))
    assert found.upgrade is False


def test_a_mode_that_cloudflare_may_raise_is_a_risk_only_where_strict_would_refuse() -> None:
    zone = ZoneFacts(id="1", name="z.example", ssl="full", ssl_automatic="auto")
    bad: dict[str, Any] = {"chain_verdicts": (verdict(accepted=False),)}
    good: dict[str, Any] = {"chain_verdicts": (verdict(),)}
    assert judged(report("ok", mode="full", zone=zone, **bad)).risks == (Risk.RAMPING_MODE,)
    assert judged(report("ok", mode="full", zone=zone, **good)).risks == ()
    assert judged(report("ok", mode="full", **bad)).risks == ()


def test_flexible_is_a_risk_even_where_it_acts_as_full() -> None:
    zone = ZoneFacts(id="1", name="z.example", ssl="flexible")
    assert judged(report("ok", mode="flexible")).risks == (Risk.FLEXIBLE,)
    assert judged(report("ok", mode="full", zone=zone)).risks == (Risk.FLEXIBLE,)


@pytest.mark.parametrize(
    ("mode", "accepted", "upgrade"),
    [("full", True, True), ("full", False, False), ("full", None, None), ("strict", True, None)],
)
def test_a_host_in_full_may_be_upgraded_when_its_chain_would_be_accepted(
    mode: str, accepted: bool | None, upgrade: bool | None
) -> None:
    one = report("ok", mode=mode, chain_verdicts=(verdict(accepted=accepted),))
    assert judged(one).upgrade is upgrade


def test_every_address_must_have_been_judged_for_an_upgrade() -> None:
    assert judged(report("ok", "ok", mode="full", chain_verdicts=(verdict(),))).upgrade is None


def test_a_host_that_visitors_met_failing_is_never_called_healthy() -> None:
    found = judged(report("ok"), met=traffic())
    assert found.severity is Severity.UNKNOWN
    assert "525" in found.summary
    assert judged(report("ok"), met=traffic(statuses={"520": 3})).severity is Severity.OK
    assert judged(report("525"), met=traffic()).severity is Severity.BROKEN


def test_a_row_names_modes_and_addresses_once() -> None:
    routes = (route(1), route(1), route(2, "full"))
    found = judged(report("ok", routes=routes))
    assert (found.mode, found.addresses) == ("strict, full", ("203.0.113.1", "203.0.113.2"))
