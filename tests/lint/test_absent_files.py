"""A copied tree without a file that its configuration names, or with two keys for one
certificate, is never called healthy; the real server tells why."""

from pathlib import Path

import pytest

from cf525.model import Report
from tests.lint.copied import below, copied
from tests.oracle.origins import HOST

PAIRS = {
    "nginx": (
        "/etc/nginx/nginx.conf",
        "events {{}}\nhttp {{\n server {{\n  listen 443 ssl;\n  server_name {host};\n"
        "  ssl_certificate {file};\n  ssl_certificate_key {key};\n }}\n}}\n",
    ),
    "apache": (
        "/etc/apache2/apache2.conf",
        "Listen 443\n<VirtualHost *:443>\n ServerName {host}\n SSLEngine on\n"
        " SSLCertificateFile {file}\n SSLCertificateKeyFile {key}\n</VirtualHost>\n",
    ),
    "haproxy": (
        "/etc/haproxy/haproxy.cfg",
        "defaults\n mode http\nfrontend web\n bind :443 ssl crt {file}\n default_backend app\n"
        "backend app\n server a 127.0.0.1:80\n",
    ),
}


def laid(root: Path, kind: str, file: str, key: str, held: dict[str, str], mode: str) -> Report:
    main, text = PAIRS[kind]
    files = {main: text.format(host=HOST, file=file, key=key)}
    return copied(root, files, held, main, server=kind, mode=mode)


@pytest.mark.parametrize("mode", ["full", "strict"])
@pytest.mark.parametrize("kind", list(PAIRS))
def test_a_folder_of_certbot_that_is_gone_keeps_the_server_from_starting(
    kind: str, mode: str, tmp_path: Path
) -> None:
    live = "/etc/letsencrypt/live"
    held = {f"{live}/{HOST}-0001/{each}.pem": "site.pem" for each in ("cert", "fullchain")}
    held[f"{live}/{HOST}-0001/privkey.pem"] = "site.key"
    own = f"{live}/{HOST}"
    report = laid(tmp_path, kind, f"{own}/fullchain.pem", f"{own}/privkey.pem", held, mode)
    assert (str(report.edge_status), report.headline) == ("521", "configuration-not-loaded")
    assert report.confidence == "medium"
    finding = report.headline_finding
    assert finding is not None
    assert f"{HOST}/fullchain.pem" in finding.places[0].text


@pytest.mark.parametrize("mode", ["full", "strict"])
@pytest.mark.parametrize("kind", list(PAIRS))
def test_without_its_certificates_a_copied_tree_is_judged_by_the_rest_in_full_alone(
    kind: str, mode: str, tmp_path: Path
) -> None:
    """As a repository keeps a configuration: no certificate, no key of any site is in it."""
    report = laid(tmp_path, kind, "/srv/tls/site.pem", "/srv/tls/site.key", {}, mode)
    found = (str(report.edge_status), str(report.confidence))
    assert found == {"full": ("ok", "medium"), "strict": ("unknown", "low")}[mode]
    assert "certificate-not-read" in {each.id for each in report.unknowns}


@pytest.mark.parametrize("folder", ["/srv/tls", "/etc/letsencrypt/live/other"])
@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_where_another_sites_certificate_was_copied_the_one_that_lacks_is_minded(
    kind: str, folder: str, tmp_path: Path
) -> None:
    main, text = PAIRS[kind]
    own = text.format(host=HOST, file="/srv/own/site.pem", key="/srv/own/site.key")
    other = text.format(host="o.test", file=f"{folder}/o.pem", key=f"{folder}/o.key")
    start = " server" if kind == "nginx" else "<Virtual"
    end = own.rindex("}") if kind == "nginx" else len(own)
    site = other[other.index(start) : other.rindex("}") if kind == "nginx" else None]
    held = {f"{folder}/o.pem": "site.pem", f"{folder}/o.key": "site.key"}
    files = {main: own[:end] + site + own[end:]}
    report = copied(tmp_path, files, held, main, server=kind, mode="full")
    assert str(report.edge_status) == "unknown"


def test_the_authority_of_clients_in_a_repository_is_no_certificate_of_a_site(
    tmp_path: Path,
) -> None:
    main, text = PAIRS["nginx"]
    text = text.format(host=HOST, file="/srv/own/site.pem", key="/srv/own/site.key")
    asking = "  ssl_client_certificate pull-ca.pem;\n  ssl_verify_client optional;\n }"
    files = {main: text.replace(" }", asking, 1)}
    held = {"/etc/nginx/pull-ca.pem": "client-ca.pem"}
    report = copied(tmp_path, files, held, main, server="nginx", mode="full")
    assert str(report.edge_status) == "ok"


@pytest.mark.parametrize(("held", "status"), [(False, "ok"), (True, "521")])
def test_a_folder_of_certificates_below_the_configuration_may_be_left_out_whole(
    held: bool, status: str, tmp_path: Path
) -> None:
    """Ignored by git it is not there at all; where it is, a file that lacks in it is missed."""
    kept = {"/etc/nginx/tls/other.pem": "site.pem"} if held else {}
    report = laid(tmp_path, "nginx", "tls/site.pem", "tls/site.key", kept, "full")
    assert str(report.edge_status) == status


@pytest.mark.parametrize(("broken", "status"), [(False, "ok"), (True, "525")])
def test_the_documented_hook_passes_a_healthy_site_and_no_broken_one(
    broken: bool, status: str, tmp_path: Path
) -> None:
    text = PAIRS["nginx"][1].format(
        host="other.example.com" if broken else HOST,
        file=f"/etc/letsencrypt/live/{HOST}/fullchain.pem",
        key=f"/etc/letsencrypt/live/{HOST}/privkey.pem",
    )
    refusing = " server {\n  listen 443 ssl default_server;\n  ssl_reject_handshake on;\n }\n}\n"
    text = text.removesuffix("}\n") + refusing
    folder = tmp_path / "nginx"
    folder.mkdir()
    (folder / "nginx.conf").write_text(text)
    assert str(below(tmp_path, "nginx/nginx.conf", mode="full").edge_status) == status


@pytest.mark.parametrize("mode", ["full", "strict"])
@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_key_that_the_tree_lacks_keeps_it_from_being_called_healthy(
    kind: str, mode: str, tmp_path: Path
) -> None:
    held = {"/etc/ssl/site.pem": "site.pem"}
    report = laid(tmp_path, kind, "/etc/ssl/site.pem", "/srv/keys/site.key", held, mode)
    assert str(report.edge_status) == "unknown"


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_key_may_have_been_left_out_of_a_copy(kind: str, tmp_path: Path) -> None:
    """Alone in its folder it is known to belong there; with its folder it is anybody's guess."""
    held = {"/etc/ssl/site.pem": "site.pem"}
    report = laid(tmp_path, kind, "/etc/ssl/site.pem", "/etc/ssl/site.key", held, "full")
    assert (str(report.edge_status), report.confidence) == ("521", "medium")
    report = laid(tmp_path, kind, "/etc/ssl/site.pem", "/etc/ssl/private/site.key", held, "full")
    assert str(report.edge_status) == "unknown"


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_two_keys_for_one_certificate_ask_for_a_look_at_the_keys(kind: str, tmp_path: Path) -> None:
    held = {
        "/etc/ssl/site.pem": "site.pem",
        "/etc/ssl/site.key": "site.key",
        "/etc/ssl/site-2026.key": "other.key",
    }
    report = laid(tmp_path, kind, "/etc/ssl/site.pem", "/etc/ssl/site.key", held, "full")
    assert str(report.edge_status) == "unknown"
    assert "--keys" in report.summary
    (tmp_path / "etc/ssl/site-2026.pem").write_bytes(b"")  # the key of another certificate
    report = laid(tmp_path, kind, "/etc/ssl/site.pem", "/etc/ssl/site.key", held, "full")
    assert str(report.edge_status) == "ok"


def test_haproxy_completes_a_lone_leaf_from_the_folder_that_has_its_issuer(tmp_path: Path) -> None:
    held = {
        "/etc/haproxy/certs/site.pem": "leaf-bundle.pem",
        "/etc/haproxy/chain/inter.pem": "intermediate.pem",
    }
    report = laid(tmp_path, "haproxy", "/etc/haproxy/certs/", "", held, "strict")
    finding = report.headline_finding
    assert (str(report.edge_status), report.headline) == ("526", "incomplete-chain")
    assert finding is not None
    assert (
        "issuers-chain-path /etc/haproxy/chain" not in finding.patch
    )  # there is no global section
    main = tmp_path / "etc/haproxy/haproxy.cfg"
    main.write_text(f"global\n    maxconn 100\n{main.read_text()}")
    finding = below(tmp_path, "/etc/haproxy/haproxy.cfg").headline_finding
    assert finding is not None
    assert "+    issuers-chain-path /etc/haproxy/chain\n" in finding.patch


def test_what_every_nginx_comes_with_may_lack_in_a_tree_of_ones_own_files(tmp_path: Path) -> None:
    held = {"/etc/ssl/site.pem": "site.pem", "/etc/ssl/site.key": "site.key"}
    laid(tmp_path, "nginx", "/etc/ssl/site.pem", "/etc/ssl/site.key", held, "full")
    main = tmp_path / "etc/nginx/nginx.conf"
    whole = main.read_text()
    for name, status in (("mime.types", "ok"), ("own.conf", "521")):
        main.write_text(whole.replace("http {", f"http {{\n include {name};", 1))
        report = below(tmp_path, "/etc/nginx/nginx.conf", mode="full")
        assert str(report.edge_status) == status, name
        assert report.confidence != "high" or status == "521"


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_key_of_another_certificate_is_told_where_keys_have_a_folder(
    kind: str, tmp_path: Path
) -> None:
    held = {
        "/etc/ssl/certs/site.pem": "site.pem",
        "/etc/ssl/certs/other.pem": "other.pem",
        "/etc/ssl/private/site.key": "site.key",
        "/etc/ssl/private/other.key": "other.key",
    }
    own, key = "/etc/ssl/certs/site.pem", "/etc/ssl/private/other.key"
    report = laid(tmp_path, kind, own, key, held, "strict")
    assert (str(report.edge_status), report.confidence) == ("521", "medium")
    finding = report.headline_finding
    assert finding is not None
    assert "/etc/ssl/private/site.key" in finding.patch
