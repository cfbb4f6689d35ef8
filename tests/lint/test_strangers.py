"""A file that is included and is no configuration: it is named, and no word of it is repeated."""

import asyncio
import re
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from cf525.report.plain import to_json
from tests.lint.certificates import certificates
from tests.oracle.origins import HOST

SECRETS = {
    "shadow": "root:$y$j9T$SALTSALT$HUNTERHUNTER:19000:0:99999:7:::\ndaemon:*:19000::::::\n",
    "token": "sk-HUNTER0123456789\n",
    "two words": "HUNTER HUNTERTWO\n",
    "environment": "DB_HOST=db\nDB_PASSWORD=HUNTER\nexport TOKEN=HUNTERTWO\n",
    "settings": "[client]\nuser = root\nserver = HUNTERS\npassword = HUNTER\n",
    "htpasswd": "admin:$apr1$SALT$HUNTERHUNTERHUNTER\n",
    "JSON": '{"server": "HUNTER", "listen": {"token": "HUNTERTWO"}}\n',
    "YAML": "server: HUNTER\nlisten: HUNTERTWO\n",
    "PHP": "<?php\ndefine('DB_PASSWORD', 'HUNTER');\n$server = 'HUNTERTWO';\n",
    "quoted": "\"HUNTER {\n'HUNTERTWO\n",
}

INCLUDING = {
    "nginx": "events {}\nhttp { include SECRET; server { listen 443 ssl; server_name HOST; } }\n",
    "nginx at the top": "include SECRET;\nevents {}\nhttp {}\n",
    "apache": "ServerRoot /etc\nListen 443\nInclude SECRET\n<VirtualHost *:443>\n"
    "ServerName HOST\nSSLEngine on\n</VirtualHost>\n",
    "haproxy": "frontend a\n bind :443 ssl crt-list SECRET\n mode http\n",
}


def judged(text: str, folder: Path, kind: str) -> Report:
    main = folder / "main.conf"
    main.write_text(text.replace("HOST", HOST).replace("SECRET", str(folder / "other")))
    return asyncio.run(lint(Lint(host=HOST, paths=(str(main),), server=kind)))


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("kind", INCLUDING)
def test_no_word_of_a_file_that_is_no_configuration_is_shown(
    kind: str, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "other").write_text(SECRETS[secret])
    report = judged(INCLUDING[kind], tmp_path, kind.split()[0])
    assert "HUNTER" not in to_json(report)
    if kind.startswith("nginx"):
        finding = report.headline_finding
        assert finding is not None
        assert finding.id == "configuration-not-loaded"
        assert finding.places[0].file == str(tmp_path / "other")
        assert finding.places[0].text == ""


ORDINARY = {
    "nginx": "server {\n  listen 443 ssl\n  server_name HOST;\n}\n",
    "apache": "<VirtualHost *:443>\nServerName HOST\nSSLEngine on\n"
    "SSLCertificateFile /etc/none.pem\n</VirtualHost>\n",
    "haproxy": "/etc/none.pem [alpn h2]\n",
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_a_line_of_a_configuration_is_quoted_wherever_it_stands(kind: str, tmp_path: Path) -> None:
    (tmp_path / "other").write_text(ORDINARY[kind].replace("HOST", HOST))
    including = INCLUDING[kind]
    if kind == "nginx":
        including = "events {}\nhttp { include SECRET; }\n"
    if kind == "apache":
        including = "ServerRoot /etc\nListen 443\nInclude SECRET\n"
    finding = judged(including, tmp_path, kind).headline_finding
    assert finding is not None
    place = finding.places[0]
    assert place.file == str(tmp_path / "other")
    assert place.text
    assert re.sub(r"\s+", " ", place.text) in re.sub(r"\s+", " ", ORDINARY[kind])
    assert certificates().folder.is_dir()
