"""The alert rules as Prometheus reads and evaluates them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.forked import ROOT

RULES = ROOT / "docs" / "integrations" / "prometheus-rules.yml"
PROMTOOL = shutil.which("promtool") or "promtool"
DAY = 86_400
HOST = {"host": "www.example.com", "zone": "example.com"}
ENDS = "Cf525CertificateEnds"
LATE = "Cf525CertificateIsNotRenewed"


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=60)


def series(name: str, value: float, **labels: str) -> dict[str, str]:
    told = ",".join(f'{key}="{each}"' for key, each in labels.items())
    return {"series": f"{name}{{{told}}}", "values": f"{value}x600"}


def fires(folder: Path, alert: str, shown: list[dict[str, str]], labels: dict[str, str]) -> bool:
    """Whether the alert fires after five hours of these series. Time begins at 0 there."""
    test: dict[str, Any] = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": shown,
                "alert_rule_test": [
                    {"eval_time": "5h", "alertname": alert, "exp_alerts": [{"exp_labels": labels}]}
                ],
            }
        ],
    }
    file = folder / "rules-test.yml"
    file.write_text(yaml.safe_dump(test))
    done = promtool("test", "rules", file)
    got = done.stdout + done.stderr
    assert "parse" not in got, got
    return f'alertname="{alert}"' in got.partition("got:")[2] if done.returncode else True


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stderr
    count = sum(len(each["rules"]) for each in yaml.safe_load(RULES.read_text())["groups"])
    assert f"{count} rules found" in done.stdout


@pytest.mark.parametrize("life", [90 * DAY, 6 * DAY])
@pytest.mark.parametrize(
    ("left", "ticket", "page"), [(0.3, False, False), (0.12, True, False), (0.03, True, True)]
)
def test_an_end_is_told_by_share_of_the_lifetime(
    tmp_path: Path, life: int, left: float, ticket: bool, page: bool
) -> None:
    at = 5 * 3600
    end = at + life * left
    shown = [
        series("cf525_certificate_expiry_timestamp_seconds", end, **HOST),
        series("cf525_certificate_start_timestamp_seconds", end - life, **HOST),
    ]
    for alert, severity, expected in ((LATE, "ticket", ticket), (ENDS, "page", page)):
        fired = fires(tmp_path, alert, shown, {"severity": severity, **HOST})
        assert fired is expected, alert


def test_a_broken_host_pages_and_one_that_works_does_not(tmp_path: Path) -> None:
    labels = {**HOST, "status": "526", "cause": "cert-expired"}
    broken = {**labels, "severity": "broken"}
    for severity, expected in (("broken", True), ("accepted", False)):
        shown = [series("cf525_host_problem", 1, **{**broken, "severity": severity})]
        told = {**labels, "severity": "page"}
        assert fires(tmp_path, "Cf525HostFails", shown, told) is expected
