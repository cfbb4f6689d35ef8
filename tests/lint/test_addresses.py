"""Sites that differ by the address they listen on: one is judged, the others are told."""

from pathlib import Path

import pytest

from cf525.lab.ca import Authority
from cf525.model import Confidence
from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from tests.lint import apache_trees
from tests.lint.trees import foretold, laid_out
from tests.oracle.origins import HOST

ISSUED = Authority().issue(HOST)
PEM = (ISSUED.chain_pem + ISSUED.key_pem).decode()
ON = "server_name www.example.com; ssl_certificate /a.pem; ssl_certificate_key /a.key; }"
NGINX = f"""events {{}}
http {{
    server {{ listen 203.0.113.11:443 ssl proxy_protocol; {ON}
    server {{ listen 203.0.113.10:443 ssl; {ON}
}}
"""
APACHE = """ServerRoot /etc
Listen 443
SSLEngine on
<VirtualHost 203.0.113.10:443>
ServerName example.net
SSLCertificateFile /etc/b.pem
SSLVerifyClient require
</VirtualHost>
<VirtualHost 203.0.113.11:443>
ServerName www.example.com
SSLCertificateFile /etc/a.pem
</VirtualHost>
"""


@pytest.mark.parametrize(
    ("server", "text", "line"),
    [("nginx", NGINX, 4), ("apache", APACHE, 10)],
    ids=["nginx", "apache"],
)
def test_of_several_addresses_the_likely_one_is_judged_and_the_others_are_told(
    server: str, text: str, line: int
) -> None:
    found = KINDS[server].judge(Given({"/etc/x": text}), ("/etc/x",), Question(host=HOST))
    assert found.decisive is None
    assert found.site is not None
    assert found.site.line == line
    assert any("answer differently" in each for each in found.doubts), found.doubts


def test_an_address_that_is_known_leaves_no_doubt() -> None:
    question = Question(host=HOST, address="203.0.113.11")
    found = KINDS["nginx"].judge(Given({"/etc/x": NGINX}), ("/etc/x",), question)
    assert found.decisive is not None
    assert found.decisive.cause == "proxy-protocol-expected"
    assert not any("answer differently" in each for each in found.doubts)


HERE = {
    "nginx": (
        f"events {{}}\nhttp {{\n  server {{ listen 127.0.0.1:443 ssl;\n  listen [::1]:443 ssl; {ON}\n}}\n",
        ["  server { listen 443 ssl;", "  listen [::]:443 ssl;"],
    ),
    "apache": (
        "ServerRoot /etc\nListen 127.0.0.1:443\n<VirtualHost *:443>\nServerName www.example.com\n"
        "SSLEngine on\nSSLCertificateFile /a.pem\n</VirtualHost>\n",
        ["Listen 443"],
    ),
    "haproxy": (
        "frontend fe\n  mode http\n  bind 127.0.0.1:443 ssl crt /a.pem\n  bind [::1]:443 ssl crt /a.pem\n",
        ["  bind :443 ssl crt /a.pem", "  bind :::443 ssl crt /a.pem"],
    ),
}


@pytest.mark.parametrize("server", HERE)
def test_what_only_this_host_can_connect_to_is_likely_out_of_reach(server: str) -> None:
    text, mended = HERE[server]
    library = Given({"/etc/x": text, "/a.pem": PEM, "/a.key": ""})
    found = KINDS[server].judge(library, ("/etc/x",), Question(host=HOST))
    assert found.decisive is not None
    assert (found.decisive.cause, found.decisive.status) == ("port-refused", "521")
    assert found.decisive.confidence is Confidence.MEDIUM
    assert "loopback address alone" in found.decisive.evidence[0]
    lines = [line for each in found.decisive.edits for line in each.lines]
    assert all(any(line.startswith(each) for line in lines) for each in mended), lines
    there = KINDS[server].judge(library, ("/etc/x",), Question(host=HOST, address="127.0.0.1"))
    assert all(each.cause != "port-refused" for each in there.faults)


SIX = {
    "nginx": (
        f"events {{}}\nhttp {{\n  server {{ listen [::]:443 ssl ipv6only=on; {ON}\n}}\n",
        "  server { listen 443 ssl; listen [::]:443 ssl ipv6only=on;",
    ),
    "haproxy": (
        "frontend fe\n  mode http\n  bind :::443 ssl crt /a.pem v6only\n",
        "  bind :::443 ssl crt /a.pem v4v6",
    ),
}


@pytest.mark.parametrize("server", SIX)
def test_what_listens_over_ipv6_alone_is_likely_out_of_reach(server: str) -> None:
    text, mended = SIX[server]
    library = Given({"/etc/x": text, "/a.pem": PEM, "/a.key": ""})
    found = KINDS[server].judge(library, ("/etc/x",), Question(host=HOST)).decisive
    assert found is not None
    assert (found.cause, found.status, found.confidence) == (
        "port-refused",
        "521",
        Confidence.MEDIUM,
    )
    assert found.edits[0].lines[0].startswith(mended)
    both = text.replace("ipv6only=on", "ipv6only=off").replace(" v6only", "")
    library = Given({"/etc/x": both, "/a.pem": PEM, "/a.key": ""})
    assert KINDS[server].judge(library, ("/etc/x",), Question(host=HOST)).decisive is None


def test_a_loopback_listener_of_a_site_without_a_name_is_told_too() -> None:
    text = (
        '{"apps": {"http": {"servers": {"a": {\n"listen": ["127.0.0.1:443"], '
        '"tls_connection_policies": [{}], "routes": [{"handle": []}]}}}}}'
    )
    found = KINDS["caddy"].judge(Given({"/c": text}), ("/c",), Question(host=HOST)).decisive
    assert found is not None
    assert found.cause == "port-refused"
    assert found.places[0].line == 2


def test_a_wider_listener_beside_it_is_what_the_edge_meets() -> None:
    text = NGINX.replace("203.0.113.10:443", "127.0.0.1:443")
    found = KINDS["nginx"].judge(Given({"/etc/x": text}), ("/etc/x",), Question(host=HOST))
    assert found.decisive is not None
    assert found.decisive.cause == "proxy-protocol-expected"


OVERTAKEN = """ServerRoot /etc
Listen 443
<VirtualHost *:443>
ServerName blog.example.com
ServerAlias *.example.com
SSLEngine on
SSLCertificateFile /blog.pem
</VirtualHost>
<VirtualHost *:443>
ServerName www.example.com
SSLEngine on
SSLCertificateFile /a.pem
</VirtualHost>
"""


def test_a_pattern_of_an_earlier_host_is_named_with_what_it_takes() -> None:
    blog = Authority().issue("blog.example.com")
    texts = {
        "/etc/x": OVERTAKEN,
        "/a.pem": PEM,
        "/blog.pem": (blog.chain_pem + blog.key_pem).decode(),
    }
    found = KINDS["apache"].judge(Given(texts), ("/etc/x",), Question(host=HOST))
    assert found.if_refused is not None
    assert [each.line for each in found.if_refused.places] == [5, 10]
    assert found.if_refused.facts["overtaken"] == "ServerAlias *.example.com"
    assert found.foreign  # the certificate is the other site's, and stays
    assert found.others == ()
    alone = KINDS["apache"].judge(Given(texts), ("/etc/x",), Question(host="shop.example.com"))
    assert alone.if_refused is None


PREREAD = """stream {
  map $ssl_preread_server_name $there {
    api.example.com 127.0.0.1:8443;
    www.example.com 127.0.0.1:8080;
  }
  server { listen 443; ssl_preread on; proxy_pass $there; }
}
http {
  server { listen 127.0.0.1:8080; server_name www.example.com; }
  server {
    listen 127.0.0.1:8443 ssl; server_name www.example.com;
    ssl_certificate /a.pem; ssl_certificate_key /a.key;
  }
}
"""


def test_the_entry_of_a_map_that_leads_to_a_listener_in_clear_is_named_and_mended() -> None:
    library = Given({"/etc/x": f"events {{}}\n{PREREAD}", "/a.pem": PEM, "/a.key": ""})
    found = KINDS["nginx"].judge(library, ("/etc/x",), Question(host=HOST))
    assert found.decisive is not None
    assert found.decisive.cause == "no-tls-on-443"
    assert [each.line for each in found.decisive.places] == [5, 10]
    assert found.decisive.edits[0].lines == ("    www.example.com 127.0.0.1:8443;",)


def test_a_condition_that_switches_tls_off_is_named() -> None:
    text = (
        "ServerRoot /etc\nListen 443\n<VirtualHost *:443>\nServerName www.example.com\n"
        "<IfDefine SSL>\nSSLEngine on\nSSLCertificateFile /a.pem\n</IfDefine>\n</VirtualHost>\n"
        "<IfDefine OTHER>\nHeader set a b\n</IfDefine>\n"
    )
    found = KINDS["apache"].judge(Given({"/etc/x": text}), ("/etc/x",), Question(host=HOST))
    assert found.decisive is not None
    assert found.decisive.cause == "no-tls-on-443"
    assert [each.line for each in found.decisive.places] == [3, 5]


@pytest.mark.parametrize("pattern", ["?ww.example.com", "www.*"])
def test_no_patch_gives_an_earlier_host_the_certificate_of_a_later_one(
    pattern: str, tmp_path: Path
) -> None:
    case = apache_trees.tree(
        "overtaken",
        apache_trees.vhost(f"ServerAlias {pattern}", name="other.example.net", cert="other"),
        apache_trees.vhost(),
    )
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / "apache2.conf", 4443, "strict")
    assert report.edge_status == "526"
    assert report.headline_finding is not None
    changed = [
        each
        for each in report.headline_finding.patch.splitlines()
        if each.startswith(("-", "+")) and not each.startswith(("---", "+++"))
    ]
    # The first host answers other names all the same, so that its pattern may go.
    assert changed in ([], [f"-    ServerAlias {pattern}"])
