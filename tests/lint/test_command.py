"""``cf525 lint`` as a user meets it: formats, sources, and input that nobody would write."""

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cf525.errors import UsageError
from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from cf525.reading.disk import Disk
from cf525.servers.library import Absence
from tests.cli.forked import CF525
from tests.cli.test_command_line import run
from tests.lint.certificates import certificates
from tests.lint.nginx_trees import DEFAULT, server, tree
from tests.lint.trees import Tree, laid_out
from tests.oracle.origins import HOST

BROKEN = tree("broken", DEFAULT, server(name="example.com"))
HEALTHY = tree("healthy", server())


def own(tree: Tree, folder: Path) -> Path:
    laid_out(tree, folder, 443)
    return folder / "nginx.conf"


def command(path: Path | str, *more: str) -> "subprocess.CompletedProcess[str]":
    trust = ("--trust", str(certificates().trust), "--trust-only")
    return run("lint", str(path), "--host", HOST, *trust, *more)


def judged(*paths: str, **more: Any) -> Report:
    trust = (certificates().trust,)
    job = Lint(host=HOST, paths=paths, trust_files=trust, trust_only=True, **more)
    return asyncio.run(lint(job))


def test_a_healthy_configuration_exits_0_and_fits_on_a_small_screen(tmp_path: Path) -> None:
    result = command(own(HEALTHY, tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) <= 8


def test_a_broken_one_exits_1_and_names_file_line_and_text(tmp_path: Path) -> None:
    result = command(own(BROKEN, tmp_path))
    assert result.returncode == 1
    assert "conf.d/site.conf:2" in result.stdout.replace("\n", "")
    assert "--diff | patch -p0" in " ".join(result.stdout.split())
    assert len(result.stdout.splitlines()) <= 24


def test_the_patch_alone_can_be_piped_on(tmp_path: Path) -> None:
    result = command(own(BROKEN, tmp_path), "--diff")
    assert result.stdout.startswith("--- ")
    assert f"+    server_name example.com {HOST};" in result.stdout
    assert command(own(HEALTHY, tmp_path / "other"), "--diff").stdout == ""


def test_json_follows_the_schema_and_has_places(tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    from cf525.report.schemas import json_schema

    plain = json.loads(command(own(BROKEN, tmp_path), "--json").stdout)
    Draft202012Validator(json_schema()).validate(plain)
    (first, *_) = plain["findings"]
    assert first["id"] == plain["headline"] == "default-vhost-cert"
    places = {each["line"]: each["text"].strip() for each in first["places"]}
    assert places[10] == "server_name example.com;"  # what the patch changes
    assert places[2] == "listen 443 ssl default_server;"  # what answers until then
    assert first["places"][0]["line"] == 10
    assert first["patch"].startswith("--- ")


def test_sarif_shows_the_line(tmp_path: Path) -> None:
    log = json.loads(command(own(BROKEN, tmp_path), "--format", "sarif").stdout)
    result = log["runs"][0]["results"][0]
    assert result["ruleId"] == "default-vhost-cert"
    assert result["level"] == "error"
    place = result["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 10
    assert place["artifactLocation"]["uri"].endswith("conf.d/site.conf")
    healthy = json.loads(command(own(HEALTHY, tmp_path / "h"), "--format", "sarif").stdout)
    assert healthy["runs"][0]["results"] == []


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_pages_for_the_ticket_name_the_line(form: str, tmp_path: Path) -> None:
    result = command(own(BROKEN, tmp_path), "--format", form)
    assert result.returncode == 1
    assert "site.conf:2" in result.stdout.replace("\\", "")
    assert "default_server" in result.stdout.replace("\\", "")


def dump(folder: Path) -> bytes:
    parts = []
    for name in ("nginx.conf", "conf.d/site.conf"):
        path = folder / name
        parts.append(f"# configuration file {path}:\n{path.read_text()}\n")
    return "".join(parts).encode()


def test_what_nginx_prints_can_be_piped_in(tmp_path: Path) -> None:
    own(BROKEN, tmp_path)
    trust = ["--trust", str(certificates().trust), "--trust-only"]
    result = subprocess.run(
        [*CF525, "lint", "-", "--host", HOST, *trust, "--json"],
        input=dump(tmp_path),
        capture_output=True,
        env={**os.environ},
        check=False,
    )
    plain = json.loads(result.stdout)
    assert plain["edge_status"] == "unknown"  # the certificates are on another machine
    assert plain["routes"][0]["sni"] == HOST
    open_questions = [each["id"] for each in plain["unknowns"]]
    assert "certificate-not-read" in open_questions
    assert result.returncode == 3


def test_in_full_a_printed_configuration_is_enough(tmp_path: Path) -> None:
    own(BROKEN, tmp_path)
    assert judged("-", text=dump(tmp_path), mode="full").edge_status == "ok"


def test_absent_files_of_a_printed_configuration_are_unknown_and_not_missing() -> None:
    text = f"# configuration file /etc/nginx/nginx.conf:\nhttp {{ {server(cert='nowhere')} }}\n"
    report = judged("-", text=text.replace("PORT", "443").encode())
    assert report.edge_status == "unknown"
    assert report.headline is None


def test_a_copied_tree_is_read_below_its_root(tmp_path: Path) -> None:
    text = server().replace("PORT", "443").replace("CERTS", "/etc/ssl")
    main = "events {}\nhttp {\n    include /etc/nginx/conf.d/*.conf;\n}\n"
    for name, content in (("nginx.conf", main), ("conf.d/a.conf", text)):
        path = tmp_path / "etc/nginx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "etc/ssl").mkdir()
    for name in ("site.pem", "site.key"):
        (tmp_path / "etc/ssl" / name).write_bytes((certificates().folder / name).read_bytes())
    assert judged("/etc/nginx/nginx.conf", root=tmp_path).edge_status == "ok"
    assert judged(root=tmp_path).edge_status == "ok"  # at its usual place
    (tmp_path / "etc/ssl/site.pem").unlink()
    (tmp_path / "etc/ssl/site.pem").symlink_to("/etc/ssl/archive/site1.pem")
    assert judged(root=tmp_path).headline == "configuration-not-loaded"
    (tmp_path / "etc/ssl/archive").mkdir()
    pem = (certificates().folder / "site.pem").read_bytes()
    (tmp_path / "etc/ssl/archive/site1.pem").write_bytes(pem)
    assert judged(root=tmp_path).edge_status == "ok"  # an absolute link stays inside


def test_in_a_repository_the_servers_own_folders_are_unknown_and_not_missing(
    tmp_path: Path,
) -> None:
    site = server(cert="").replace("location", "ssl_certificate /nowhere/live/x.pem; location")
    site = site.replace("location", "ssl_certificate_key /nowhere/live/x.key; location")
    path = own(tree("repository", site), tmp_path)
    assert judged(str(path)).edge_status == "unknown"
    assert judged(str(path), mode="full").edge_status == "ok"
    gone = site.replace("/nowhere/live", str(tmp_path / "live"))
    path = own(tree("its own", gone), tmp_path / "own")
    assert judged(str(path)).edge_status == "unknown"
    (tmp_path / "live").mkdir()
    assert judged(str(path)).headline == "configuration-not-loaded"


def test_nothing_outside_of_the_root_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    inner = tmp_path / "root"
    inner.mkdir()
    (inner / "up").symlink_to("../secret")
    (inner / "absolute").symlink_to(str(tmp_path / "secret"))
    disk = Disk(inner)
    for path in ("/up", "/absolute", "/../secret", "/../../../../etc/passwd"):
        assert disk.read(path) is Absence.MISSING


@pytest.mark.parametrize(
    ("made", "absence"),
    [
        (lambda path: path.symlink_to(path.name), Absence.LOOP),
        (lambda path: path.mkdir(), Absence.FOLDER),
        (lambda path: os.mkfifo(path), Absence.SPECIAL),
        (lambda path: path.write_bytes(b"x" * (20 << 20)), Absence.LARGE),
    ],
    ids=["loop", "folder", "pipe", "20 MB"],
)
def test_what_is_no_file_to_read_is_told_and_not_opened(
    made: Callable[[Path], object], absence: Absence, tmp_path: Path
) -> None:
    made(tmp_path / "x")
    assert Disk(tmp_path).read("/x") is absence
    assert Disk().read(str(tmp_path / "x")) is absence


HOSTILE = {
    "binary": b"\x7fELF\0\0\0" * 100,
    "key": b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE",
    "nothing": b"",
    "prose": b"Dear all,\n\nthe site is down.\n",
    "yaml bomb": b"apiVersion: v1\nkind: Ingress\na: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(
        f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n".encode()
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "deep yaml": b"apiVersion: v1\nkind: Ingress\nspec: " + b"[" * 5_000 + b"]" * 5_000,
    "deep json": b'{"apps": {"http": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}}",
    "deep nginx": b"server { " * 20_000,
    "quotes": b'server { server_name "' + b"x" * 100_000,
    "regex": b"http { server { listen 443 ssl; server_name ~^(a+)+(a+)+(a+)+$; } }",
    "escapes": b"server { listen 443 ssl; server_name \x1b[2J\x07; root \x1b]0;x\x07; }",
    "sections": b"<VirtualHost *:443>\n" * 5_000,
    "haproxy": b"frontend x\n" + b" bind :443 ssl crt " + b"a/" * 50_000 + b"\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_in_a_report_or_in_one_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(HOSTILE[name])
    result = command(path)
    assert result.returncode in (0, 1, 2, 3)
    assert "Traceback" not in result.stderr
    assert "internal" not in result.stderr
    shown = result.stdout + result.stderr
    assert "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" not in shown
    assert not any(char in shown for char in "\x1b\x07")
    if result.returncode == 2:
        assert len(result.stderr.splitlines()) <= 3


def test_a_key_in_the_place_of_a_certificate_is_never_echoed(tmp_path: Path) -> None:
    lines = ("ssl_certificate CERTS/site.key;", "ssl_certificate_key CERTS/site.key;")
    site = server(*lines, cert="")
    secret = (certificates().folder / "site.key").read_text().splitlines()[1]
    result = command(own(tree("key", site), tmp_path), "-v")
    assert result.returncode == 1
    assert "holds a private key and no certificate" in " ".join(result.stdout.split())
    assert secret not in result.stdout
    pasted = "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\n"
    again = command(own(tree("pasted", server() + pasted), tmp_path / "p"), "-v")
    assert secret not in again.stdout


def test_private_keys_are_read_only_when_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cf525.pki import files

    looked: list[bytes] = []
    monkeypatch.setattr(files, "load_pem_private_key", lambda *given: looked.append(given[0]))
    judged(str(own(HEALTHY, tmp_path)))
    assert not looked
    with pytest.raises(AttributeError):  # the stand-in gives no key
        judged(str(tmp_path / "nginx.conf"), keys=True)
    assert looked


def test_without_a_configuration_one_sentence_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"/etc/nginx/nginx\.conf"):
        judged(root=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--server", "lighttpd"), "--server"),
        (("--port", "0"), "--port"),
        (("--mode", "tight"), "--mode"),
        (("--via", "socks5://127.0.0.1:1"), "--via"),
        (("--root", "/nowhere/at/all"), "--root"),
    ],
)
def test_wrong_options_are_told(arguments: tuple[str, ...], word: str, tmp_path: Path) -> None:
    result = command(own(HEALTHY, tmp_path), *arguments)
    assert result.returncode == 2
    assert word in result.stderr


def test_a_host_is_needed(tmp_path: Path) -> None:
    result = run("lint", str(own(HEALTHY, tmp_path)))
    assert result.returncode == 2
    assert "--host" in result.stderr


def test_in_flexible_a_redirect_to_https_is_a_loop(tmp_path: Path) -> None:
    clear = "server { listen 80; server_name www.example.com; INNER }\n"
    loop = clear.replace("INNER", "return 301 https://$host$request_uri;")
    report = judged(str(own(tree("loop", server(), loop), tmp_path)), mode="flexible")
    assert (report.edge_status, report.headline) == ("redirect-loop", "flexible-redirect-loop")
    test = "if ($http_x_forwarded_proto = http) { return 301 https://$host; } return 200 ok;"
    path = own(tree("minded", server(), clear.replace("INNER", test)), tmp_path / "minded")
    assert judged(str(path), mode="flexible").edge_status == "ok"
