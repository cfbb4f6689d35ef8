"""The text for a hosting provider: what happened, without what is the sender's own."""

import asyncio

import pytest

from cf525.jobs.diagnose import diagnose
from cf525.lab.running import Lab
from cf525.model import Report
from cf525.report.message import WIDTH, render


def report_of(lab: Lab, host: str) -> Report:
    return asyncio.run(diagnose(host, lab.options()))


@pytest.mark.parametrize("host", ["www.example.com", "expired.example.com", "plain.example.com"])
def test_it_says_when_where_what_was_sent_what_came_and_what_to_change(lab: Lab, host: str) -> None:
    report = report_of(lab, host)
    text = render(report)
    assert f"{report.observations[0].started_at:%Y-%m-%d %H:%M:%S}" in text
    assert f"{report.routes[0].address} port 443" in text
    wanted = (host, report.edge_status, "Sent ", "Came back ", "What would mend it")
    for part in (*wanted, "cloudflare.com/ips"):
        assert part in text


def test_it_holds_nothing_of_the_senders_account(lab: Lab) -> None:
    report = report_of(lab, "expired.example.com")
    text = render(report)
    assert report.zone is not None
    for secret in (report.zone.id, lab.world.tokens[0].value, "Bearer", "api.cloudflare.com"):
        assert secret not in text
    assert "Configuration Rule" not in text


def test_prose_fits_a_mail(lab: Lab) -> None:
    text = render(report_of(lab, "www.example.com"))
    assert max(len(line) for line in text.splitlines() if not line.startswith("    ")) <= WIDTH


def test_a_healthy_host_needs_no_ticket(lab: Lab) -> None:
    assert render(report_of(lab, "healthy.example.com")).startswith("Nothing wrong was found")
