"""nginx: what it does to the edge under each misconfiguration, and the cause named for it."""

from datetime import timedelta

import pytest

from tests.realservers.diagnosed import diagnosed, outcome
from tests.servers.real import FFDHE2048, HOST, OTHER, Files, nginx, site

pytestmark = pytest.mark.realserver


def test_a_healthy_site_is_ok_and_costs_one_connection(files: Files) -> None:
    with nginx(files, site(files, files.authority.issue(HOST))) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("ok", None)
    assert report.connections == 1


def test_a_healthy_http2_site_is_ok(files: Files) -> None:
    with nginx(files, site(files, files.authority.issue(HOST), listen="ssl http2")) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("ok", None)
    answer = report.observations[0].http
    assert answer is not None
    assert answer.status == 200
    assert report.observations[0].http2_settings


def test_a_request_that_http2_resets_is_no_answer(files: Files) -> None:
    dropping = site(files, files.authority.issue(HOST), listen="ssl http2").replace(
        'return 200 "ok"', "return 444"
    )
    with nginx(files, dropping) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("520", "closes-after-handshake")
    finding = report.headline_finding
    assert finding is not None
    assert finding.confidence == "medium"
    end = report.observations[0].http2_end
    assert end is None or end.name in finding.evidence[0].text


def test_an_http2_connection_that_ends_with_its_first_answer_is_ok(files: Files) -> None:
    """nginx sends GOAWAY(NO_ERROR) before that answer."""
    last = site(files, files.authority.issue(HOST), "keepalive_requests 1;", listen="ssl http2")
    with nginx(files, last) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


def test_large_headers_that_the_edge_takes_are_ok(files: Files) -> None:
    many = " ".join(f"add_header X-Large-{number} {'a' * 900};" for number in range(120))
    for listen in ("ssl http2", "ssl"):
        served = site(files, files.authority.issue(HOST), many, listen=listen)
        with nginx(files, served) as port:
            report = diagnosed(port, files)
        assert outcome(report) == ("ok", None)
        answer = report.observations[0].http
        assert answer is not None
        assert 100_000 < answer.head_size < 131_072


def test_an_unknown_name_is_refused_with_alert_112(files: Files) -> None:
    apex = HOST.removeprefix("www.")
    servers = (
        site(files, files.authority.issue(apex), name=apex)
        + """
        server { listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; }"""
    )
    with nginx(files, servers) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "sni-rejected-112")
    assert report.confidence == "high"
    finding = report.headline_finding
    assert finding is not None
    assert any(apex in each.text for each in finding.evidence)
    assert any(each.platform == "nginx" for each in finding.remedies)


def test_an_unknown_name_gets_the_default_sites_certificate(files: Files) -> None:
    with nginx(files, site(files, files.authority.issue(OTHER), name=OTHER)) as port:
        assert outcome(diagnosed(port, files)) == ("526", "default-vhost-cert")


def test_the_same_default_certificate_passes_in_full(files: Files) -> None:
    with nginx(files, site(files, files.authority.issue(OTHER), name=OTHER)) as port:
        report = diagnosed(port, files, mode="full")
    assert outcome(report) == ("ok", None)
    assert "default-vhost-cert" in {each.id for each in report.findings if each.contributing}


def test_plain_http_on_the_tls_port(files: Files) -> None:
    block = "server { listen 127.0.0.1:PORT; location / { return 200 ok; } }"
    with nginx(files, block) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "no-tls-on-443")
    finding = report.headline_finding
    assert finding is not None
    assert finding.remedies[0].platform == "nginx"


def test_a_proxy_protocol_listener(files: Files) -> None:
    block = site(files, files.authority.issue(HOST), listen="ssl proxy_protocol")
    with nginx(files, block) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "proxy-protocol-expected")
    assert report.confidence == "high"


@pytest.mark.parametrize(
    ("suites", "accepted"),
    [
        ("ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"),
    ],
)
def test_suites_the_edge_never_offers(files: Files, suites: str, accepted: str) -> None:
    issued = files.authority.issue(HOST, kind="rsa2048")
    with nginx(files, site(files, issued, f"ssl_protocols TLSv1.2; ssl_ciphers {suites};")) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "no-common-cipher")
    finding = report.headline_finding
    assert finding is not None
    assert accepted in finding.title


def test_dhe_only_with_parameters(files: Files) -> None:
    # The 2048-bit group of RFC 7919, so that no parameters have to be generated.
    issued = files.authority.issue(HOST, kind="rsa2048")
    params = files.write("dh.pem", FFDHE2048)
    extra = f"ssl_protocols TLSv1.2; ssl_ciphers DHE-RSA-AES128-GCM-SHA256; ssl_dhparam {params};"
    with nginx(files, site(files, issued, extra)) as port:
        assert outcome(diagnosed(port, files)) == ("525", "no-common-cipher")


def test_an_ecdsa_certificate_with_rsa_suites_only(files: Files) -> None:
    extra = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;"
    with nginx(files, site(files, files.authority.issue(HOST), extra)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "ecdsa-cert-rsa-ciphers")
    finding = report.headline_finding
    assert finding is not None
    assert finding.confidence == "medium"


def test_an_ecdsa_certificate_with_rsa_suites_is_fine_once_tls13_is_on(files: Files) -> None:
    extra = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;"
    with nginx(files, site(files, files.authority.issue(HOST), extra)) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


@pytest.mark.parametrize("protocols", ["TLSv1.2", "TLSv1.3", "TLSv1.2 TLSv1.3"])
def test_a_group_the_edge_never_offers(files: Files, protocols: str) -> None:
    extra = f"ssl_protocols {protocols}; ssl_ecdh_curve X448; ssl_ciphers ECDHE;"
    with nginx(files, site(files, files.authority.issue(HOST), extra)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "no-common-group")
    finding = report.headline_finding
    assert finding is not None
    assert "X448" in finding.title


@pytest.mark.parametrize("protocols", ["TLSv1.2", "TLSv1.2 TLSv1.3"])
def test_an_ed25519_certificate(files: Files, protocols: str) -> None:
    issued = files.authority.issue(HOST, kind="ed25519")
    with nginx(files, site(files, issued, f"ssl_protocols {protocols};")) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "unusable-key-type")
    finding = report.headline_finding
    assert finding is not None
    assert "Ed25519" in finding.title


@pytest.mark.parametrize("protocols", ["TLSv1.2", "TLSv1.3"])
def test_a_demanded_client_certificate_is_no_verdict_without_knowing_aop(
    files: Files, protocols: str
) -> None:
    extra = (
        f"ssl_protocols {protocols}; ssl_client_certificate {files.trust}; ssl_verify_client on;"
    )
    with nginx(files, site(files, files.authority.issue(HOST), extra)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("unknown", "client-cert-required")
    assert "origin-pull-certificate" in {each.id for each in report.unknowns}


def test_a_missing_certificate_file_of_a_variable(files: Files) -> None:
    certificate, key = files.pair(files.authority.issue(HOST))
    block = f"""server {{
        listen 127.0.0.1:PORT ssl; server_name {HOST};
        ssl_certificate {certificate.parent}/$ssl_server_name.missing; ssl_certificate_key {key};
    }}"""
    with nginx(files, block) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "sni-rejected-80")


@pytest.mark.parametrize(("days", "headline"), [(-1, "cert-expired"), (90, None)])
def test_dates(files: Files, days: int, headline: str | None) -> None:
    now = files.root.now
    issued = files.authority.issue(
        HOST, not_before=now - timedelta(days=30), not_after=now + timedelta(days=days)
    )
    with nginx(files, site(files, issued)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("526" if headline else "ok", headline)


def test_a_self_signed_certificate(files: Files) -> None:
    with nginx(files, site(files, files.authority.self_signed(HOST))) as port:
        assert outcome(diagnosed(port, files)) == ("526", "self-signed")


def test_a_missing_intermediate(files: Files) -> None:
    with nginx(files, site(files, files.authority.issue(HOST), chain=False)) as port:
        assert outcome(diagnosed(port, files)) == ("526", "incomplete-chain")


def test_a_certificate_for_the_apex_alone(files: Files) -> None:
    issued = files.authority.issue("example.com")
    with nginx(files, site(files, issued)) as port:
        assert outcome(diagnosed(port, files)) == ("526", "hostname-mismatch")


def test_old_versions_alone_still_pass_the_edge(files: Files) -> None:
    issued = files.authority.issue(HOST, kind="rsa2048")
    extra = "ssl_protocols TLSv1; ssl_ciphers AES128-SHA:@SECLEVEL=0;"
    with nginx(files, site(files, issued, extra)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("ok", None)


def test_one_of_two_addresses_fails(files: Files) -> None:
    expired = files.authority.issue(
        HOST,
        not_before=files.root.now - timedelta(days=30),
        not_after=files.root.now - timedelta(days=1),
    )
    second = site(files, expired, name="second").replace("127.0.0.1", "127.0.0.2")
    with nginx(files, site(files, files.authority.issue(HOST)) + second) as port:
        report = diagnosed(port, files, addresses=("127.0.0.1", "127.0.0.2"))
    assert outcome(report) == ("526", "one-of-several-addresses")
    assert "cert-expired" in {each.id for each in report.findings}


def test_ipv6_refused_while_ipv4_works(files: Files) -> None:
    with nginx(files, site(files, files.authority.issue(HOST))) as port:
        report = diagnosed(port, files, addresses=("127.0.0.1", "::1"))
    assert outcome(report) == ("521", "ipv6-only-broken")
