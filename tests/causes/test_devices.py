"""A device's own page in the site's place: never fine, and never mended by a lower mode."""

from pathlib import Path

import pytest

from cf525.model import Report
from tests.causes.scenarios import Talk, diagnosed, route, scripted, serving
from tests.causes.test_scenarios import GOOD, ISSUER, ROOT, openssl
from tests.report.recorded import report_of
from tests.servers.inprocess import OpenSSLPeer, openssl_context


@pytest.mark.parametrize("name", ["fritz.box", "unifi.local"])
def test_a_device_that_answers_is_neither_fine_nor_made_so_by_full(
    name: str, tmp_path: Path
) -> None:
    own = ISSUER.self_signed(name, common_name=name)
    for mode, status in (("full", "unknown"), ("strict", "526")):
        report = reported(openssl(own), mode, tmp_path)
        assert report.edge_status == status
        gaps = [each for finding in report.findings for each in finding.remedies if each.stop_gap]
        assert gaps == []
    assert "the device's own page" in reported(openssl(own), "full", tmp_path).summary


@pytest.mark.parametrize("header", [b"kbn-name: kibana", b"server: MiniServ/2.105"])
def test_a_service_that_was_given_the_names_certificate_is_meant_to_answer(
    header: bytes, tmp_path: Path
) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + header + b"\r\ncontent-length: 0\r\n\r\n"
    meant = serving(lambda: OpenSSLPeer(openssl_context(GOOD), answer=answer))
    own = ISSUER.self_signed("srv.local", common_name="srv.local")
    other = serving(lambda: OpenSSLPeer(openssl_context(own), answer=answer))
    assert reported(meant, "full", tmp_path).edge_status == "ok"
    assert reported(meant, "strict", tmp_path).edge_status == "ok"
    assert reported(other, "full", tmp_path).edge_status == "unknown"


def test_a_web_server_is_no_device(tmp_path: Path) -> None:
    assert reported(openssl(GOOD), "full", tmp_path).edge_status == "ok"


def reported(talk: Talk, mode: str, folder: Path) -> Report:
    with scripted(talk) as place:
        cases, _ = diagnosed(route(place, mode=mode), trust=ROOT, folder=folder)
    return report_of(cases)
