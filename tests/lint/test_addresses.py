"""Sites that differ by the address they listen on: one is judged, the others are told."""

import pytest

from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from tests.oracle.origins import HOST

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
