"""What leaves another host, and what its ssh may cost: a client that runs the script here, floods,
or is silent, stands in for the one of the system."""

import asyncio
import os
import re
import signal
import stat
import subprocess
import time
from base64 import b64decode
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.reading import sshclient
from cf525.reading.ssh import Remote, script
from cf525.servers.library import KEPT, LOCKED, Absence, What
from tests.cli.forked import CF525
from tests.cli.test_command_line import run
from tests.lint.certificates import certificates
from tests.oracle.origins import HOST
from tests.servers.process import require

HERE = "#!/bin/sh\nsh -s | tee -a {folder}/sent\n"
FLOOD = "#!/bin/sh\ncat > /dev/null &\nexec cat /dev/zero\n"
SILENT = "#!/bin/sh\necho $$ > {folder}/pid\nexec sleep 300\n"
ENDLESS = "#!/bin/sh\ncat > /dev/null\nsleep 0.1\n"
LEAVING = (
    "#!/bin/sh\nsleep 300 & echo $! > {folder}/pid\nsetsid sleep 15 &\ncat > /dev/null\nwait\n"
)
STRANGE = (
    "#!/bin/sh\ncat > /dev/null\nprintf '+ \\302\\262 /x\\n+ 0 /y\\n= '\n"
    "head -c 5000 /dev/zero | tr '\\0' 1\nprintf ' file\\nQQ==\\n= \\302\\262 file\\nQQ==\\n"
    "= 0 text\\nQQ==\\n'\n"
)
HTPASSWD = b"admin:$apr1$x$0123456789abcdef\n"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    require("openssl")
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ssh"
    program.write_text(request.param.format(folder=folder))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def fetched(*asked: tuple[Path | str, What]) -> list[bytes | Absence]:
    remote = Remote("origin")
    for path, what in asked:
        remote.read(str(path), what)
    asyncio.run(remote.fetch())
    return [remote.read(str(path), what) for path, what in asked]


def sent(client: Path) -> bytes:
    """What was printed, and all of it that is Base64, decoded."""
    text = (client / "sent").read_bytes()
    blocks = re.split(rb"^[=+] .*$", text, flags=re.MULTILINE)
    return text + b"".join(b64decode(re.sub(rb"\s", b"", each) + b"==") for each in blocks)


def secrets_in(folder: Path) -> dict[str, bytes]:
    """Secrets of every form in a folder, each with the bytes that may not be sent."""
    key = (certificates().folder / "site.key").read_bytes()
    (folder / "k.pem").write_bytes(key)
    for kind in ("pkcs8 -topk8 -nocrypt", "ec"):
        name = f"{kind.split()[0]}.der"
        told = ["openssl", *kind.split(), "-in", "k.pem", "-outform", "DER", "-out", name]
        subprocess.run(told, cwd=folder, check=True, capture_output=True)
    (folder / "ticket").write_bytes(bytes(range(80, 160)))
    (folder / "pass.txt").write_bytes(b"correct horse battery\n")
    (folder / "users").write_bytes(HTPASSWD)
    whole = [each for each in folder.iterdir() if each.is_file()]
    return {each.name: each.read_bytes()[-40:] for each in whole}


@pytest.mark.parametrize("client", [HERE], indirect=True)
@pytest.mark.parametrize("what", [What.CERTIFICATES, What.KEY, What.SIZE])
def test_no_secret_leaves_the_host_whatever_its_form(
    what: What, client: Path, tmp_path: Path
) -> None:
    found = secrets_in(tmp_path)
    assert len(found) == 6
    fetched(*((tmp_path / name, what) for name in found))
    everything = sent(client)
    assert everything
    assert [name for name, secret in found.items() if secret in everything] == []


@pytest.mark.parametrize("client", [HERE], indirect=True)
def test_a_key_that_is_included_as_a_configuration_stays_too(client: Path, tmp_path: Path) -> None:
    found = secrets_in(tmp_path)
    keys = ("k.pem", "pkcs8.der", "ec.der")
    got = fetched(*((tmp_path / name, What.TEXT) for name in keys))
    assert got == [KEPT, Absence.UNKNOWN, Absence.UNKNOWN]
    everything = sent(client)
    assert [name for name in keys if found[name] in everything] == []


@pytest.mark.parametrize("client", [HERE], indirect=True)
def test_certificates_are_sent_and_a_key_glued_to_them_is_not(client: Path, tmp_path: Path) -> None:
    folder = certificates().folder
    chain, key = (folder / "site.pem").read_bytes(), (folder / "site.key").read_bytes()
    (tmp_path / "both").write_bytes(b"user=x\n" + chain + key)
    (tmp_path / "glued").write_bytes(chain.rstrip(b"\n") + key)
    (tmp_path / "unended").write_bytes(chain.rsplit(b"-----END", 1)[0] + key)
    told = ["openssl", "x509", "-in", str(folder / "site.pem"), "-outform", "DER"]
    (tmp_path / "c.der").write_bytes(subprocess.run(told, check=True, capture_output=True).stdout)
    names = ("both", "glued", "unended", "c.der")
    got = fetched(*((tmp_path / name, What.CERTIFICATES) for name in names))
    assert got[0] == chain + KEPT
    assert isinstance(got[1], bytes)
    assert got[1].startswith(chain.rstrip(b"\n"))
    assert got[3] == (tmp_path / "c.der").read_bytes()
    everything = sent(client)
    assert key.split(b"\n")[1] not in everything
    assert b"user=x" not in everything


@pytest.mark.parametrize("client", [HERE], indirect=True)
def test_what_is_asked_of_secrets_is_told(client: Path, tmp_path: Path) -> None:
    secrets_in(tmp_path)
    locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----\n"
    (tmp_path / "locked").write_bytes(locked)
    got = fetched(
        (tmp_path / "k.pem", What.KEY),
        (tmp_path / "locked", What.KEY),
        (tmp_path / "ticket", What.SIZE),
        (tmp_path / "none", What.KEY),
        ("/proc/self/environ", What.TEXT),
        ("/proc/kmsg", What.TEXT),
    )
    special = [Absence.SPECIAL, Absence.SPECIAL]
    assert got == [KEPT, LOCKED, bytes(80), Absence.MISSING, *special]
    assert client.is_dir()


@pytest.mark.parametrize("client", [HERE], indirect=True)
def test_a_configuration_comes_whole_but_for_a_key_in_base64(client: Path, tmp_path: Path) -> None:
    from base64 import b64encode

    key = b64encode((certificates().folder / "site.key").read_bytes())
    certificate = b64encode((certificates().folder / "site.pem").read_bytes())
    text = b"kind: Secret\ndata:\n  tls.crt: " + certificate + b"\n  tls.key: " + key + b"\n"
    (tmp_path / "x.yaml").write_bytes(text)
    (got,) = fetched((tmp_path / "x.yaml", What.TEXT))
    assert isinstance(got, bytes)
    assert certificate in got
    assert key[30:60] not in sent(client)


@pytest.mark.parametrize("client", [FLOOD], indirect=True)
def test_a_host_that_floods_is_given_up_within_bounds(
    client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tracemalloc

    monkeypatch.setattr("cf525.reading.ssh.MAX_OUTPUT", 1 << 20)
    remote = Remote("origin", _left=1 << 20)
    remote.read("/etc/x")
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="sends more than any configuration"):
            asyncio.run(remote.fetch())
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert client.is_dir()


def ended(client: Path) -> bool:
    """Whether the client is gone, looked at for a while: it is killed, which takes a moment."""
    number = int((client / "pid").read_text())
    for _ in range(100):
        try:
            if Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("client", [SILENT], indirect=True)
def test_a_silent_host_is_ended_with_its_time(
    client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sshclient, "PATIENCE", 1.0)
    with pytest.raises(UsageError, match="did not answer"):
        fetched(("/etc/x", What.TEXT))
    assert ended(client)


@pytest.mark.parametrize("client", [ENDLESS], indirect=True)
def test_all_that_is_fetched_from_a_host_has_one_time(
    client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sshclient, "PATIENCE", 2.0)
    remote = Remote("origin")

    async def collected() -> int:
        for count in range(100):
            remote.read(f"/etc/{count}")
            await remote.fetch()
        return count

    with pytest.raises(UsageError, match="did not answer within 2 s"):
        asyncio.run(collected())
    assert client.is_dir()


@pytest.mark.parametrize("client", [LEAVING], indirect=True)
def test_what_a_client_started_ends_with_it_and_nothing_is_complained_of(client: Path) -> None:
    given = ("lint", "--host", HOST, "--via", "ssh://origin", "--timeout", "3", "/etc/x.conf")
    result = run(*given, env={"PATH": os.environ["PATH"]}, timeout=30)
    assert "nothing was learned within 3 s" in result.stderr
    assert "Traceback" not in result.stderr
    assert "ignored" not in result.stderr
    assert ended(client)


@pytest.mark.parametrize("client", [SILENT], indirect=True)
def test_the_timeout_of_a_lint_leaves_no_client_behind(client: Path) -> None:
    given = ("lint", "--host", HOST, "--via", "ssh://origin", "--timeout", "3", "/etc/x.conf")
    result = run(*given, env={"PATH": os.environ["PATH"]}, timeout=30)
    assert result.returncode != 0
    assert ended(client)


@pytest.mark.parametrize("client", [SILENT], indirect=True)
def test_a_diagnosis_with_the_files_of_a_host_heeds_its_timeout(client: Path) -> None:
    given = ("diagnose", HOST, "--origin", "127.0.0.1:9", "--config", "ssh://origin/etc/x.conf")
    result = run(*given, "--timeout", "4", env={"PATH": os.environ["PATH"]}, timeout=30)
    assert "nothing was learned within 4 s" in result.stderr
    assert ended(client)


@pytest.mark.parametrize("client", [SILENT], indirect=True)
def test_a_signal_leaves_no_client_behind(client: Path) -> None:
    given = (*CF525, "lint", "--host", HOST, "--via", "ssh://origin", "/etc/x.conf")
    process = subprocess.Popen(given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (client / "pid").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
    assert ended(client)


@pytest.mark.parametrize("client", [STRANGE], indirect=True)
def test_numbers_of_other_scripts_and_without_end_are_nobodys(client: Path) -> None:
    remote = Remote("origin")
    remote.read("/etc/x")
    remote.matching("/etc/*")
    asyncio.run(remote.fetch())
    assert remote.matching("/etc/*") == ("/y",)
    assert remote.read("/etc/x") is Absence.LARGE  # a text without its end
    assert client.is_dir()


@pytest.mark.parametrize("client", [HERE], indirect=True)
def test_half_of_a_configuration_is_none(client: Path, tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_bytes(b"listen 443;\n# " + b"a," * 50_000)
    (tmp_path / "y.conf").write_bytes(b"listen 443;\n")
    (tmp_path / "z.conf").write_bytes(b"")
    got = fetched(*((tmp_path / each, What.TEXT) for each in ("x.conf", "y.conf", "z.conf")))
    assert got == [Absence.LARGE, b"listen 443;\n", b""]
    assert b"ulimit -t" in script().encode()
    assert client.is_dir()
