"""What processes that are started get to know: no credentials, whatever a text names."""

import ast
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import cf525
from cf525 import environment
from tests.cli.test_command_line import run
from tests.servers.process import require
from tests.sources import parsed

SECRET = "t0k3n-that-nobody-may-see"
STARTS = {
    "asyncio": ("create_subprocess_exec", "create_subprocess_shell"),
    "loop": ("subprocess_exec", "subprocess_shell"),
    "subprocess": ("Popen", "run", "call", "check_call", "check_output"),
}
OF_THE_USER = "account/profiles.py"
"""The command that prints the token, which may need the whole environment for it."""


def starts() -> Iterator[tuple[str, ast.Call]]:
    package = Path(cf525.__file__).parent
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name.startswith("lab/") or name == OF_THE_USER:
            continue
        for node in ast.walk(parsed(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in STARTS.get(ast.unparse(node.func.value), ()):
                yield f"{name}:{node.lineno}", node


def test_every_process_is_started_with_an_environment_of_its_own() -> None:
    found = list(starts())
    assert len(found) >= 6
    lacking = [where for where, call in found if "env" not in [k.arg for k in call.keywords]]
    assert lacking == []


@pytest.mark.realserver
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_caddyfile_that_names_the_token_does_not_get_it(form: str, tmp_path: Path) -> None:
    require("caddy")
    own = f"{tmp_path}/{{$CLOUDFLARE_API_TOKEN:nothing}}"
    text = f"www.example.com {{\n tls {own}.pem {own}.key\n}}\n"
    (tmp_path / "Caddyfile").write_text(text)
    result = run(
        *("lint", str(tmp_path / "Caddyfile"), "--host", "www.example.com", "--format", form),
        env={"CLOUDFLARE_API_TOKEN": SECRET},
    )
    assert "nothing.pem" in result.stdout
    assert SECRET not in result.stdout + result.stderr


@pytest.mark.realserver
def test_a_variable_that_decides_and_is_not_known_is_no_verdict(tmp_path: Path) -> None:
    require("caddy")
    (tmp_path / "Caddyfile").write_text("{$DOMAIN} {\n tls /x/a.pem /x/a.key\n}\n")
    given = ("lint", str(tmp_path / "Caddyfile"), "--host", "www.example.com")
    result = run(*given, env={"DOMAIN": "www.example.com"})
    assert result.returncode == 2
    assert "takes {$DOMAIN} from the environment of the server" in result.stderr
    (tmp_path / "Caddyfile").write_text("www.example.com {\n reverse_proxy {$UPSTREAM}\n}\n")
    assert run(*given).returncode != 2


def test_ssh_finds_its_agent_and_no_token(tmp_path: Path) -> None:
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\nexit 255\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    found = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "SSH_AUTH_SOCK": "/run/agent",
        "CLOUDFLARE_API_TOKEN": SECRET,
    }
    reading = ("lint", "--host", "www.example.com", "--via", "ssh://origin", "/etc/x.conf")
    assert run(*reading, env=found).returncode == 2
    seen = (tmp_path / "seen").read_text()
    assert "SSH_AUTH_SOCK=/run/agent" in seen
    assert SECRET not in seen


def test_what_reads_hostile_text_has_an_empty_home(tmp_path: Path) -> None:
    kept = environment.bare(tmp_path, {"PATH": "/bin", "HOME": "/root", "DATABASE_URL": "x"})
    assert kept["PATH"] == "/bin"
    assert kept["HOME"] == str(tmp_path)
    assert "DATABASE_URL" not in kept
