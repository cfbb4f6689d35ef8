"""What a command loads: nothing that its run does not need, so that it starts at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cf525.cli import explained
from cf525.lab.ca import Authority

CATALOGUE = ("cf525.causes", "cf525.model", "cf525.tls", "cf525.pki", "cryptography", "asyncio")
NETWORK = ("httpx", "httpcore", "dns", "cf525.account.client", "cf525.audit", "cf525.fixing")
HANDSHAKE = ("cf525.tls.client", "cf525.probe.driver", "tomllib", "statistics")
HEAVY = ("rich", "pydantic", "cloudflare", "jinja2", "cf525.lab", "cf525.assistant")

PROGRAM = """
import atexit, json, sys
atexit.register(lambda: sys.stderr.write("\\n" + json.dumps(sorted(sys.modules))))
sys.argv = ["cf525", *json.loads(sys.argv[1])]
from cf525.cli.__main__ import main
main()
"""


def loaded(*arguments: str) -> set[str]:
    """The modules in the process when the command has ended well."""
    done = subprocess.run(
        (sys.executable, "-c", PROGRAM, json.dumps(arguments)),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.rpartition("\n")[2]))


@pytest.mark.parametrize("topic", ["525", "sni-rejected-112", "alert 40", "SNI"])
def test_an_explanation_of_a_name_loads_no_catalogue(topic: str) -> None:
    assert not loaded("explain", topic) & {*CATALOGUE, *NETWORK, *HEAVY}


def test_the_help_loads_no_catalogue() -> None:
    assert not loaded("--help") & {*CATALOGUE, *NETWORK, *HEAVY}


def test_a_file_is_verified_without_what_speaks_to_a_network(tmp_path: Path) -> None:
    authority = Authority()
    chain, root = tmp_path / "fullchain.pem", tmp_path / "ca.pem"
    chain.write_bytes(authority.intermediate().issue("www.example.com").chain_pem)
    root.write_bytes(authority.pem)
    asked = ("verify", str(chain), "--host", "www.example.com", "--trust", str(root), "--no-fetch")
    assert not loaded(*asked) & {*NETWORK, *HEAVY, *HANDSHAKE, "h2", "h11"}


def test_what_was_made_beforehand_is_what_the_catalogue_says() -> None:
    """python -m cf525.cli.explained writes it anew."""
    assert json.loads(explained.FILE.read_bytes()) == explained.made()
