"""Remedies of every kind in every form: text, message, JSON, HTML."""

import json
from typing import Any

import jsonschema
import pytest

from cf525.changes.catalogue import Place, make
from cf525.changes.render import shell, undo_shell
from cf525.model import (
    SCHEMA,
    Confidence,
    Config,
    Evidence,
    Finding,
    Remedy,
    Report,
    Shell,
    Status,
    Target,
    Words,
)
from cf525.report import message, text
from cf525.report.plain import from_plain, to_plain
from cf525.report.schemas import json_schema
from tests.causes.test_given_facts import NOW

(CHANGE,) = make("mode-for-host", Place(host="a.example", zone_id="0123"), {"value": "full"})
FIX = Remedy(
    where="origin",
    platform="nginx",
    parts=(
        Words(text="Add the name."),
        Config(
            server="nginx", file="/etc/nginx/conf.d/a.conf", text="server {\n    listen 443;\n}"
        ),
        Shell(commands=("nginx -t", "nginx -s reload")),
    ),
)
STOP_GAP = Remedy(
    where="cloudflare", platform="stop-gap", parts=(CHANGE,), cost="No check.", undo="Delete it."
)


def report(*remedies: Remedy) -> Report:
    finding = Finding(
        id="cert-expired",
        edge_status=Status("526"),
        confidence=Confidence.HIGH,
        title="the certificate has expired",
        evidence=(Evidence(text="it ended yesterday"),),
        explanation="It has expired.",
        remedies=remedies,
    )
    return Report(
        tool_version="0",
        started_at=NOW,
        target=Target(scheme="https", host="a.example", port=443),
        edge_status=Status("526"),
        confidence=Confidence.HIGH,
        summary="It has expired.",
        headline=finding.id,
        findings=(finding,),
    )


def shown(*remedies: Remedy, verbose: bool = False) -> str:
    lines = text.render(report(*remedies), verbose=verbose)
    return "\n".join(f"{each.label}{each.text}" for each in lines)


def test_words_configuration_and_commands_come_in_their_order() -> None:
    printed = shown(FIX)
    wanted = ["nginx — Add the name.", "in /etc/nginx/conf.d/a.conf:", "server {", "nginx -t"]
    places = [printed.index(each) for each in wanted]
    assert places == sorted(places)


def test_a_change_is_printed_as_lines_with_its_price_and_its_undo() -> None:
    printed = shown(FIX, STOP_GAP)
    assert "MEANWHILE A Configuration Rule" in printed
    for line in shell(CHANGE):
        assert line in printed
    assert "Price: No check." in printed
    assert "Undo: Delete it." in printed
    assert undo_shell(CHANGE)[-1] not in printed


def test_the_long_form_adds_the_lines_of_the_undo_and_the_terraform_block() -> None:
    printed = shown(STOP_GAP, verbose=True)
    assert undo_shell(CHANGE)[-1] in printed
    assert 'resource "cloudflare_ruleset"' in printed


def test_the_message_for_others_holds_no_change_at_cloudflare() -> None:
    printed = message.render(report(STOP_GAP, FIX))
    assert "What would mend it (nginx): Add the name." in printed
    assert "listen 443;" in printed
    assert "CLOUDFLARE" not in printed


def test_the_report_is_of_version_2_and_its_parts_bear_their_kind() -> None:
    plain = json.loads(json.dumps(to_plain(report(FIX, STOP_GAP))))
    jsonschema.validate(plain, json_schema())
    assert plain["schema"] == SCHEMA == "cf525.report/2"
    fix, stop_gap = plain["findings"][0]["remedies"]
    assert [each["kind"] for each in fix["parts"]] == ["words", "config", "shell"]
    assert [each["kind"] for each in stop_gap["parts"]] == ["change"]
    assert set(fix) == {"where", "platform", "parts", "cost", "undo"}
    assert from_plain(Report, plain) == report(FIX, STOP_GAP)


@pytest.mark.parametrize("kind", ["poem", None, 3])
def test_a_part_of_a_kind_that_is_not_known_is_refused(kind: object) -> None:
    plain: Any = to_plain(FIX)
    plain["parts"][0]["kind"] = kind
    with pytest.raises(ValueError, match="no kind"):
        from_plain(Remedy, plain)
    whole = to_plain(report(FIX))
    whole["findings"][0]["remedies"][0]["parts"][0]["kind"] = kind
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, json_schema())
