"""Names that another site, port or rule takes, from copied trees: the line and the patch."""

from pathlib import Path

from cf525.model import Report
from tests.lint.copied import copied
from tests.oracle.origins import HOST


def judged(root: Path, kind: str, main: str, text: str, pairs: dict[str, str]) -> Report:
    return copied(root, {main: text}, pairs, main, server=kind)


BOTH = {
    "etc/ssl/other.pem": "other.pem",
    "etc/ssl/other.key": "other.key",
    "etc/ssl/site.pem": "site.pem",
    "etc/ssl/site.key": "site.key",
}
VHOST = (
    "<VirtualHost *:{port}>\n ServerName {name}\n{more} SSLEngine on\n"
    " SSLCertificateFile /etc/ssl/{pair}.pem\n SSLCertificateKeyFile /etc/ssl/{pair}.key\n"
    "</VirtualHost>\n"
)
APACHE = "etc/apache2/apache2.conf"


def lines_of(report: Report) -> list[str]:
    finding = report.headline_finding
    assert finding is not None
    return [each.text for each in finding.places]


def test_an_alias_of_the_first_host_that_takes_the_name_is_removed(tmp_path: Path) -> None:
    first = VHOST.format(
        port=443, name="other.example.net", more=" ServerAlias *.example.com\n", pair="other"
    )
    text = f"Listen 443\n{first}{VHOST.format(port=443, name=HOST, more='', pair='site')}"
    report = judged(tmp_path, "apache", APACHE, text, BOTH)
    assert str(report.edge_status) == "526"
    finding = report.headline_finding
    assert finding is not None
    assert "- ServerAlias *.example.com" in finding.patch


def test_a_site_of_apache_at_another_port_is_named_and_taken_to_the_edges(tmp_path: Path) -> None:
    first = VHOST.format(port=443, name="other.example.net", more="", pair="other")
    own = VHOST.format(port=8443, name=HOST, more="", pair="site")
    report = judged(tmp_path, "apache", APACHE, f"Listen 443\nListen 8443\n{first}{own}", BOTH)
    assert lines_of(report)[:2] == ["<VirtualHost *:8443>", f"ServerName {HOST}"]
    finding = report.headline_finding
    assert finding is not None
    assert "+<VirtualHost *:8443 *:443>" in finding.patch


def test_a_module_that_is_not_loaded_is_told_with_its_command(tmp_path: Path) -> None:
    own = VHOST.format(port=443, name=HOST, more="", pair="site")
    text = (
        "LoadModule dir_module dir.so\nListen 80\n<IfModule ssl_module>\n Listen 443\n</IfModule>\n"
        f"<IfModule ssl_module>\n{own}</IfModule>\n"
    )
    report = judged(tmp_path, "apache", APACHE, text, BOTH)
    assert str(report.edge_status) == "521"
    assert lines_of(report)[0] == "<IfModule ssl_module>"
    finding = report.headline_finding
    assert finding is not None
    assert any("a2enmod ssl" in each.text for each in finding.evidence)


NGINX = "etc/nginx/nginx.conf"
SERVER = (
    "server {{\n listen 443 ssl;\n server_name {name};\n ssl_certificate /etc/ssl/{pair}.pem;\n"
    " ssl_certificate_key /etc/ssl/{pair}.key;\n}}\n"
)


def test_a_star_that_comes_before_a_regular_expression_gets_the_name_in_full(
    tmp_path: Path,
) -> None:
    text = SERVER.format(name="*.example.com", pair="other")
    text += SERVER.format(name=r"~^www\.example\.com$", pair="site")
    report = judged(tmp_path, "nginx", NGINX, f"events {{}}\nhttp {{\n{text}}}\n", BOTH)
    assert str(report.edge_status) == "526"
    assert lines_of(report)[:2] == [
        "server_name *.example.com;",
        r"server_name ~^www\.example\.com$;",
    ]
    finding = report.headline_finding
    assert finding is not None
    assert r"+ server_name www.example.com ~^www\.example\.com$;" in finding.patch


def test_the_pair_of_another_server_that_has_the_name_is_tried(tmp_path: Path) -> None:
    held = {
        "etc/old/x.pem": "expired.pem",
        "etc/old/x.key": "expired.key",
        "srv/new/a.pem": "site.pem",
        "srv/new/b.key": "site.key",
    }
    own = SERVER.format(name=HOST, pair="x").replace("/etc/ssl", "/etc/old")
    sibling = (
        "server {\n listen 443 ssl;\n server_name example.com;\n ssl_certificate /srv/new/a.pem;\n"
        " ssl_certificate_key /srv/new/b.key;\n}\n"
    )
    report = judged(tmp_path, "nginx", NGINX, f"events {{}}\nhttp {{\n{own}{sibling}}}\n", held)
    assert report.headline == "cert-expired"
    finding = report.headline_finding
    assert finding is not None
    assert "+ ssl_certificate /srv/new/a.pem;" in finding.patch
    assert "+ ssl_certificate_key /srv/new/b.key;" in finding.patch


def test_a_listen_that_took_the_next_line_is_ended(tmp_path: Path) -> None:
    clear = "server {\n listen 80\n server_name other.example.net;\n}\n"
    text = f"events {{}}\nhttp {{\n{clear}{SERVER.format(name=HOST, pair='site')}}}\n"
    finding = judged(tmp_path, "nginx", NGINX, text, BOTH).headline_finding
    assert finding is not None
    assert "+ listen 80;" in finding.patch


def test_the_default_of_a_stream_map_is_the_line_and_the_name_is_put_in(tmp_path: Path) -> None:
    stream = (
        "stream {\n map $ssl_preread_server_name $up {\n  shop.example.com 127.0.0.1:8443;\n"
        "  mail.example.com 127.0.0.1:9443;\n  default 127.0.0.1:9443;\n }\n"
        " server {\n  listen 443;\n  ssl_preread on;\n  proxy_pass $up;\n }\n}\n"
    )
    inner = SERVER.format(name=HOST, pair="site").replace("443 ssl", "127.0.0.1:8443 ssl")
    report = judged(tmp_path, "nginx", NGINX, f"events {{}}\n{stream}http {{\n{inner}}}\n", BOTH)
    assert lines_of(report)[0] == "default 127.0.0.1:9443;"
    finding = report.headline_finding
    assert finding is not None
    assert "www.example.com 127.0.0.1:8443;" in finding.patch


def test_the_name_is_put_to_haproxys_rule_that_leads_to_its_bind(tmp_path: Path) -> None:
    text = (
        "defaults\n mode http\nfrontend tls\n mode tcp\n bind :443\n"
        " tcp-request inspect-delay 5s\n"
        " tcp-request content accept if { req.ssl_hello_type 1 }\n"
        " use_backend web if { req.ssl_sni -i shop.example.com }\n"
        "backend web\n mode tcp\n server l 127.0.0.1:8443\n"
        "frontend inner\n bind 127.0.0.1:8443 ssl crt /etc/ssl/all.pem\n default_backend app\n"
        "backend app\n server s 127.0.0.1:80\n"
    )
    pairs = {"etc/ssl/all.pem": "site-all.pem"}
    finding = judged(tmp_path, "haproxy", "etc/haproxy/h.cfg", text, pairs).headline_finding
    assert finding is not None
    assert "{ req.ssl_sni -i shop.example.com www.example.com }" in finding.patch


def test_caddys_local_certs_are_named_by_their_line(tmp_path: Path) -> None:
    text = f"{{\n local_certs\n skip_install_trust\n}}\n{HOST} {{\n respond hi\n}}\n"
    report = judged(tmp_path, "caddy", "etc/caddy/Caddyfile", text, {})
    assert report.headline == "untrusted-issuer"
    assert lines_of(report) == ["local_certs"]


def test_a_site_of_caddy_in_clear_gets_the_pair_that_lies_beside(tmp_path: Path) -> None:
    text = (
        "{\n skip_install_trust\n}\nhttp://www.example.com {\n respond hi\n}\n"
        "other.example.net {\n tls /etc/caddy/certs/other.pem /etc/caddy/certs/other.key\n}\n"
    )
    pairs = {f"etc/caddy/certs/{name.rpartition('/')[2]}": each for name, each in BOTH.items()}
    report = judged(tmp_path, "caddy", "etc/caddy/Caddyfile", text, pairs)
    assert lines_of(report)[0] == "http://www.example.com {"
    finding = report.headline_finding
    assert finding is not None
    assert "+www.example.com {" in finding.patch
