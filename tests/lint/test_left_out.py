"""A site that is there and not loaded is named, with the command that loads it."""

from pathlib import Path

import pytest

from cf525.model import Finding, Shell, Words
from tests.lint.copied import copied

TLS = "ssl_certificate /etc/ssl/www.pem; ssl_certificate_key /etc/ssl/www.key;"
SITE = f"server {{\n    listen 443 ssl;\n    server_name www.example.com;\n    {TLS}\n}}\n"
CLEAR = "server {\n    listen 80;\n    server_name www.example.com;\n}\n"
REJECTING = "server {\n    listen 443 ssl default_server;\n    ssl_reject_handshake on;\n}\n"
DEFAULT = (
    "server {\n    listen 443 ssl default_server;\n    server_name _;\n"
    "    ssl_certificate /etc/ssl/other.pem;\n    ssl_certificate_key /etc/ssl/other.key;\n}\n"
)
PAIRS = {
    "etc/ssl/www.pem": "site.pem",
    "etc/ssl/www.key": "site.key",
    "etc/ssl/other.pem": "other.pem",
    "etc/ssl/other.key": "other.key",
}
NGINX = "events {}\nhttp {\ninclude conf.d/*.conf;\ninclude sites-enabled/*;\n}\n"
MODULES = "LoadModule mpm_event_module /m/mod_mpm_event.so\n"
APACHE = "ServerRoot /etc/apache2\n" + MODULES
PORTS = "Listen 80\n<IfModule ssl_module>\nListen 443\n</IfModule>\n"
HOST = (
    "<VirtualHost *:443>\nServerName www.example.com\nSSLEngine on\n"
    "SSLCertificateFile /etc/ssl/www.pem\nSSLCertificateKeyFile /etc/ssl/www.key\n</VirtualHost>\n"
)


def nginx(tmp_path: Path, files: dict[str, str]) -> Finding:
    own = {"etc/nginx/nginx.conf": NGINX}
    own |= {f"etc/nginx/{name}": text for name, text in files.items()}
    finding = copied(tmp_path, own, PAIRS, "/etc/nginx/nginx.conf").headline_finding
    assert finding is not None
    return finding


def apache(tmp_path: Path, files: dict[str, str]) -> Finding:
    own = {f"etc/apache2/{name}": text for name, text in files.items()}
    finding = copied(tmp_path, own, PAIRS, "/etc/apache2/apache2.conf").headline_finding
    assert finding is not None
    return finding


def commands(finding: Finding, platform: str) -> list[str]:
    remedy = next(each for each in finding.remedies if each.platform == platform)
    return [line for part in remedy.parts if isinstance(part, Shell) for line in part.commands]


def words(finding: Finding, platform: str) -> str:
    remedy = next(each for each in finding.remedies if each.platform == platform)
    return " ".join(part.text for part in remedy.parts if isinstance(part, Words))


def test_a_site_that_nobody_enabled_is_linked(tmp_path: Path) -> None:
    found = nginx(tmp_path, {"conf.d/default.conf": DEFAULT, "sites-available/www": SITE})
    assert found.id == "default-vhost-cert"
    assert "a file that is not enabled has the name" in found.evidence[0].text
    assert "ln -s /etc/nginx/sites-available/www /etc/nginx/sites-enabled/www" in commands(
        found, "nginx"
    )
    assert commands(found, "nginx")[-1] == "nginx -t && nginx -s reload"
    assert "Add the name to the TLS server block" not in words(found, "nginx")


@pytest.mark.parametrize(
    ("name", "loaded"),
    [("www.conf.disabled", "www.conf"), ("www.example.com", "www.example.com.conf")],
)
def test_a_site_under_a_name_that_is_not_taken_is_given_one_that_is(
    name: str, loaded: str, tmp_path: Path
) -> None:
    found = nginx(tmp_path, {"conf.d/default.conf": REJECTING, f"conf.d/{name}": SITE})
    assert found.id == "sni-rejected-112"
    assert found.places[0].file.endswith(name)
    assert any(place.text == "include conf.d/*.conf;" for place in found.places)
    assert f"include takes *.conf alone, and it is called {name}" in found.evidence[0].text
    if name == "www.example.com":
        assert "+include conf.d/www.example.com;" in found.patch
    else:  # put away on purpose: only the command is told
        assert not found.patch
        link = f"ln -s /etc/nginx/conf.d/{name} /etc/nginx/conf.d/{loaded}"
        assert link in commands(found, "nginx")


def test_the_site_with_tls_that_is_not_loaded_is_named_beside_the_one_in_clear(
    tmp_path: Path,
) -> None:
    found = nginx(tmp_path, {"conf.d/clear.conf": CLEAR, "sites-available/www": SITE})
    assert found.id == "port-80-only"
    assert (found.places[0].file.rpartition("/")[2], found.places[0].line) == ("www", 3)
    assert any(each.startswith("ln -s ") for each in commands(found, "nginx"))


def test_a_live_copy_comes_before_one_that_was_put_away(tmp_path: Path) -> None:
    files = {"conf.d/default.conf": DEFAULT, "conf.d/a.conf.bak": SITE, "sites-available/www": SITE}
    assert nginx(tmp_path, files).places[0].file.endswith("sites-available/www")


def test_the_module_comes_before_the_site_that_waits_for_it(tmp_path: Path) -> None:
    main = f"{APACHE}Include ports.conf\nIncludeOptional sites-enabled/*.conf\n"
    clear = "<VirtualHost *:80>\nServerName www.example.com\n</VirtualHost>\n"
    waiting = f"<IfModule mod_ssl.c>\n{HOST}</IfModule>\n"
    files = {"apache2.conf": main, "ports.conf": PORTS, "sites-enabled/a.conf": clear + waiting}
    found = apache(tmp_path, files)
    assert found.id == "port-80-only"
    assert commands(found, "Apache") == [
        "a2enmod ssl",
        "apachectl configtest && systemctl restart apache2",
    ]
    without = apache(tmp_path, {**files, "sites-enabled/a.conf": clear})
    assert commands(without, "Apache")[0] == "a2enmod ssl"
    assert "then give the name a virtual host of that port" in words(without, "Apache")


def test_the_line_that_is_commented_out_is_named(tmp_path: Path) -> None:
    main = f"{APACHE}LoadModule ssl_module /m/mod_ssl.so\nInclude ports.conf\nIncludeOptional sites-enabled/*.conf\n"
    clear = "<VirtualHost *:80>\nServerName www.example.com\n</VirtualHost>\n"
    files = {
        "apache2.conf": main,
        "ports.conf": "Listen 80\n#   Listen 443\n",
        "sites-enabled/a.conf": clear + HOST,
    }
    found = apache(tmp_path / "apache", files)
    assert found.id == "port-80-only"
    assert (found.places[0].line, found.places[0].text) == (2, "#   Listen 443")
    assert "commented out" in found.evidence[0].text
    site = CLEAR.replace("listen 80;", "listen 80;\n    #listen 443 ssl;")
    told = nginx(tmp_path / "nginx", {"conf.d/a.conf": site})
    assert told.id == "port-80-only"
    assert told.places[0].text == "#listen 443 ssl;"


def test_the_line_that_lacks_the_name_comes_before_the_default_one(tmp_path: Path) -> None:
    own = SITE.replace("www.example.com", "example.com")
    found = nginx(tmp_path, {"conf.d/0.conf": DEFAULT, "conf.d/www.conf": own})
    assert found.id == "default-vhost-cert"
    assert found.places[0].text == "server_name example.com;"
    assert "+    server_name example.com www.example.com;" in found.patch
