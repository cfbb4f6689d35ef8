"""Corners of the readers and of the patches, from text alone or from a copied tree."""

from pathlib import Path

import pytest

from cf525.servers.faults import a_name
from cf525.servers.foretold import Foretold
from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from tests.lint.certificates import certificates
from tests.lint.copied import copied

QUESTION = Question(host="www.example.com")
MAIN = "/etc/main"


def judged(kind: str, text: str, question: Question = QUESTION) -> Foretold:
    return KINDS[kind].judge(Given({MAIN: text}), (MAIN,), question)


LIVE = {
    "etc/letsencrypt/live/www/fullchain.pem": "site.pem",
    "etc/letsencrypt/live/www/privkey.pem": "site.key",
    "etc/ssl/other.pem": "other.pem",
    "etc/ssl/other.key": "other.key",
}
OTHER = (
    "server {\n    listen 443 ssl;\n    server_name other.example.net;\n"
    "    ssl_certificate /etc/ssl/other.pem;\n    ssl_certificate_key /etc/ssl/other.key;\n}\n"
)


def test_a_site_in_clear_gets_tls_with_the_certificate_that_certbot_keeps(tmp_path: Path) -> None:
    clear = "server {\n    listen 80;\n    server_name www.example.com;\n}\n"
    files = {"etc/nginx/nginx.conf": f"events {{}}\nhttp {{\n{OTHER}{clear}}}\n"}
    finding = copied(tmp_path, files, LIVE, "/etc/nginx/nginx.conf").headline_finding
    assert finding is not None
    assert "+    listen 443 ssl;" in finding.patch
    assert "+    ssl_certificate /etc/letsencrypt/live/www/fullchain.pem;" in finding.patch
    assert "+    ssl_certificate_key /etc/letsencrypt/live/www/privkey.pem;" in finding.patch


def test_a_server_without_a_name_or_on_one_line_is_patched_too(tmp_path: Path) -> None:
    one = "server { listen 443 ssl; ssl_certificate /etc/ssl/a.pem; ssl_certificate_key /etc/ssl/a.key; }"
    text = f"events {{}}\nhttp {{\n{OTHER}{one}\n}}\n"
    pairs = {**LIVE, "etc/ssl/a.pem": "site.pem", "etc/ssl/a.key": "site.key"}
    finding = copied(
        tmp_path, {"etc/nginx/nginx.conf": text}, pairs, "/etc/nginx/nginx.conf"
    ).headline_finding
    assert finding is not None
    assert "server { server_name www.example.com; listen 443 ssl;" in finding.patch


def test_a_renewed_pair_beside_the_expired_one_is_named_in_its_place(tmp_path: Path) -> None:
    text = OTHER.replace("other.example.net", "www.example.com")
    text = text.replace("/etc/ssl/other", "/etc/ssl/old/expired")
    pairs = {
        "etc/ssl/old/expired.pem": "expired.pem",
        "etc/ssl/old/expired.key": "expired.key",
        **{name: source for name, source in LIVE.items() if "letsencrypt" in name},
    }
    files = {"etc/nginx/nginx.conf": f"events {{}}\nhttp {{\n{text}}}\n"}
    finding = copied(tmp_path, files, pairs, "/etc/nginx/nginx.conf").headline_finding
    assert finding is not None
    assert finding.id == "cert-expired"
    assert "+    ssl_certificate /etc/letsencrypt/live/www/fullchain.pem;" in finding.patch


@pytest.mark.parametrize(
    ("key", "names", "told"),
    [
        ("~^www\\.", "", True),
        ("~^shop\\.", "", False),
        ("*.example.com", "hostnames; ", True),
        (".example.com", "hostnames; ", True),
        ("*.example.com", "", False),
        ("WWW.example.com", "", True),
    ],
)
def test_a_map_of_stream_is_evaluated_for_the_name(key: str, names: str, told: bool) -> None:
    text = f"""stream {{
    map $ssl_preread_server_name $to {{ {names}{key} 127.0.0.1:8443; default 192.0.2.1:443; }}
    server {{ listen 443; ssl_preread on; proxy_pass $to; }}
}}
http {{ server {{ listen 127.0.0.1:8443 ssl; ssl_certificate x; ssl_certificate_key y; }} }}
"""
    assert judged("nginx", text).told is told


def test_stream_that_ends_tls_itself_has_its_own_certificate() -> None:
    text = "stream { server { listen 443 ssl; ssl_certificate x; ssl_certificate_key y; proxy_pass z; } }"
    found = judged("nginx", text)
    assert found.decisive is None
    assert found.agreed is not None


@pytest.mark.parametrize(
    "target", ["$unknown", "unix:/run/x", "192.0.2.9:443", "$ssl_preread_server_name:443"]
)
def test_stream_to_elsewhere_is_not_judged(target: str) -> None:
    text = f"stream {{ server {{ listen 443; ssl_preread on; proxy_pass {target}; }} }}"
    assert not judged("nginx", text).told


def test_a_signature_list_that_fits_nothing_is_taken_out() -> None:
    text = (
        "http { server { listen 443 ssl; ssl_certificate x; ssl_certificate_key y; "
        "ssl_protocols TLSv1.2; ssl_conf_command MaxProtocol TLSv1.1; "
        "ssl_conf_command CipherString AES128-SHA; } }"
    )
    found = judged("nginx", text).decisive
    assert found is not None
    assert found.cause == "version-too-old"


APACHE = """ServerRoot /etc/apache2
Listen 443
LoadModule ssl_module modules/mod_ssl.so
{}
<VirtualHost *:443>
    ServerName www.example.com
    SSLEngine on
    SSLCertificateFile /x
    SSLCertificateKeyFile /y
</VirtualHost>
"""


@pytest.mark.parametrize(
    "extra",
    [
        "Define A b\nUnDefine A\n",
        "<IfFile /nowhere>\nSSLProtocol -all +TLSv1.1\n</IfFile>",
        "<IfModule !mod_ssl.c>\nSSLProtocol -all +TLSv1.1\n</IfModule>",
        "<IfModule mod_md.c>\nMDomain www.example.com\n</IfModule>",
        "<IfDefine !NOTHING>\n</IfDefine>",
        "<Macro Empty>\n</Macro>\nUse Empty\n",
        "IncludeOptional conf-enabled/*.conf",
        "Include ${APACHE_CONF}/x.conf",
    ],
)
def test_apache_conditions_leave_a_healthy_host_healthy(extra: str) -> None:
    found = judged("apache", APACHE.format(extra))
    assert found.decisive is None
    assert found.agreed is not None


def test_apache_reads_a_folder_that_is_included(tmp_path: Path) -> None:
    host = "<VirtualHost *:443>\nServerName www.example.com\nSSLEngine on\n"
    host += (
        "SSLCertificateFile /etc/ssl/a.pem\nSSLCertificateKeyFile /etc/ssl/a.key\n</VirtualHost>\n"
    )
    main = "ServerRoot /etc/apache2\nLoadModule ssl_module x\nListen 443\nInclude sites\n"
    files = {"etc/apache2/apache2.conf": main, "etc/apache2/sites/www": host}
    pairs = {"etc/ssl/a.pem": "site.pem", "etc/ssl/a.key": "site.key"}
    assert copied(tmp_path, files, pairs, "/etc/apache2/apache2.conf").edge_status == "ok"
    loop = {"etc/apache2/sites/www": "Include sites\n"}
    report = copied(tmp_path, loop, {}, "/etc/apache2/apache2.conf")
    assert report.headline == "configuration-not-loaded"


CADDY = """{{"apps": {{"http": {{"servers": {{"a": {{"listen": [":443"], {server}
 "routes": [{{"match": [{{"host": ["www.example.com"]}}]}}]}}}}}}, "tls": {{{tls}}}}}}}"""


def caddy(server: str = "", tls: str = '"a": 1', mode: str = "strict") -> Foretold:
    text = CADDY.format(server=server, tls=tls)
    return judged("caddy", text, Question(host="www.example.com", mode=mode))


def test_caddy_by_itself_gets_a_certificate_that_is_in_no_file() -> None:
    found = caddy()
    assert found.decisive is None
    assert [each.id for each in found.unknowns] == ["certificate-managed"]


def test_caddys_own_ca_is_refused_in_strict_alone() -> None:
    policy = '"automation": {"policies": [{"issuers": [{"module": "internal"}]}]}'
    found = caddy(tls=policy).decisive
    assert found is not None
    assert (found.cause, found.status) == ("untrusted-issuer", "526")
    assert caddy(tls=policy, mode="full").decisive is None


def test_caddy_without_automatic_https_refuses_the_name_or_speaks_in_clear() -> None:
    off = '"automatic_https": {"disable": true},'
    found = caddy(off).decisive
    assert found is not None
    assert found.cause == "no-tls-on-443"
    found = caddy(off + '"tls_connection_policies": [{}],').decisive
    assert found is not None
    assert found.cause == "sni-rejected-80"
    skipped = '"automatic_https": {"skip_certificates": ["www.example.com"]},'
    found = caddy(skipped).decisive
    assert found is not None
    assert found.cause == "sni-rejected-80"


def test_caddy_demands_a_client_certificate() -> None:
    ca = "".join((certificates().folder / "client-ca.pem").read_text().splitlines()[1:-1])
    policy = '"tls_connection_policies": [{"client_authentication": {"trusted_ca_certs": ["CA"]}}],'
    policy = policy.replace("CA", ca)
    found = caddy(policy).decisive
    assert found is not None
    assert (found.cause, found.status) == ("mtls-unrelated", "520")
    assert caddy(policy.replace("]}}]", '], "mode": "request"}}]')).decisive is None


def test_traefik_is_read_in_toml_with_its_lines() -> None:
    text = (
        '[http.routers.a]\nrule = "Host(`www.example.com`)"\n[http.routers.a.tls]\n'
        '[tls.options.default]\nmaxVersion = "VersionTLS12"\n'
        'cipherSuites = ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"]\n'
    )
    library = Given({"/etc/traefik/traefik.toml": text})
    found = KINDS["traefik"].judge(library, ("/etc/traefik/traefik.toml",), QUESTION)
    assert found.decisive is not None
    assert found.decisive.cause == "no-common-cipher"
    assert found.decisive.places[0].line == 6


def test_a_site_that_is_not_enabled_is_named(tmp_path: Path) -> None:
    main = f"events {{}}\nhttp {{\n{OTHER}include sites-enabled/*;\n}}\n"
    site = OTHER.replace("other.example.net", "www.example.com")
    files = {"etc/nginx/nginx.conf": main, "etc/nginx/sites-available/www": site}
    pairs = {name: source for name, source in LIVE.items() if "letsencrypt" not in name}
    finding = copied(tmp_path, files, pairs, "/etc/nginx/nginx.conf").headline_finding
    assert finding is not None
    assert (finding.places[0].file.rpartition("/")[2], finding.places[0].line) == ("www", 3)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("www.example.com", "www.example.com"), ("*.example.com", "www.example.com"),
     ("*", ""), (".example.com", ""), ("~^www", ""), ("", "")],
)  # fmt: skip
def test_a_name_to_be_sent_is_no_pattern(pattern: str, name: str) -> None:
    assert a_name(pattern) == name
