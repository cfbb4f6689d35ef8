"""Configuration trees as people write them, the real server started on one, and both answers.

In the texts PORT is the port of TLS, CLEAR the one in clear, DIR the tree's own folder, CERTS the
folder of certificates that all trees of a session share.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cf525.conclusion.configuration import conclude_configuration
from cf525.diagnosis.judge import Judge
from cf525.jobs.lint import Lint, Linter
from cf525.model import Report
from cf525.pki import TrustStore
from cf525.reading.sources import of_paths
from tests.lint.certificates import certificates
from tests.oracle.asking import Answer, oracle
from tests.oracle.origins import HOST
from tests.servers.process import free_port, missing, require

MODES = ("full", "strict")
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
Command = Callable[[Path], list[str]]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One configuration. ``line`` is text of the line that must be named where it is broken in
    ``mode``; ``healed`` whether a patch is to make it healthy."""

    name: str
    files: Mapping[str, str | bytes]
    line: str = ""
    healed: bool = False
    mode: str = "strict"
    address: str = "127.0.0.1"
    links: Mapping[str, str] = field(default_factory=dict)
    keys: bool = False
    codes: frozenset[int] = frozenset((400,))
    """Answers over HTTP that count as no success."""
    ready: str = ""
    """What the log says when the server has got itself what it needs."""

    def __str__(self) -> str:
        return self.name


def laid_out(tree: Tree, folder: Path, port: int) -> None:
    """The files of a tree in a folder."""
    for name, content in tree.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(filled(content, folder, port))
    for name, target in tree.links.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(filled(target, folder, port).decode())


BUNDLES = {
    "SITE": "site-all.pem",
    "WILD": "wild-all.pem",
    "OTHER": "other-all.pem",
    "EXPIRED": "expired-all.pem",
    "CHAIN": "site.pem",
    "KEY": "site.key",
    "LEAF": "site-leaf.pem",
    "INTER": "intermediate.pem",
}
"""Files of certificate and key that a tree holds itself."""


def filled(content: str | bytes, folder: Path, port: int) -> bytes:
    text = content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")
    for word, file in BUNDLES.items():
        if text == word:
            return (certificates().folder / file).read_bytes()
    for word, value in (
        ("MIXED", (certificates().folder / "mixed.pem").read_text()),
        ("PORT", str(port)),
        ("CLEAR", str(port + 1)),
        ("DIR", str(folder)),
        ("CERTS", str(certificates().folder)),
    ):
        text = text.replace(word, value)
    return text.encode("utf-8", "surrogateescape")


@contextmanager
def started(
    command: list[str], folder: Path, port: int, address: str, ready: str = ""
) -> Iterator[subprocess.Popen[bytes] | None]:
    """A server on a tree, None where it did not come up. It is up when its port
    accepts and, where it reads its files only then, its log says ``ready``."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=_at_home_in(folder),
        )
        try:
            up = _up(process, address, port)
            _said(process, folder / "server.log", ready)
            yield process if up else None
        finally:
            process.terminate()
            try:  # one that waits for clients that are gone is not waited for
                process.wait(5 if "traefik" not in command[0] else 0.1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _at_home_in(folder: Path) -> dict[str, str]:
    """The environment of a server that keeps what it makes in the tree, and changes nothing of
    the machine: Caddy would put a root of its own among those that all programs trust."""
    home = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    return {**os.environ, **home}


def _up(process: subprocess.Popen[bytes], address: str, port: int) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            return False
        for host, each in ((address, port), ("127.0.0.1", port), ("127.0.0.1", port + 1)):
            try:
                socket.create_connection((host, each), 1).close()
            except OSError:
                continue
            return True
        time.sleep(0.01)
    return False


def _said(process: subprocess.Popen[bytes], log: Path, ready: str) -> None:
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        if ready.encode() in log.read_bytes():
            return
        time.sleep(0.02)


def nginx_command(folder: Path) -> list[str]:
    """nginx on the tree of a folder, with everything it writes below it."""
    asked_for = STREAM_MODULE in (folder / "nginx.conf").read_text("utf-8", "replace")
    if asked_for and not Path(STREAM_MODULE).exists():
        missing("nginx has no stream; install libnginx-mod-stream")
    own = f"daemon off; master_process off; pid {folder}/nginx.pid;"
    return [require("nginx"), "-e", "stderr", "-p", str(folder), "-c", "nginx.conf", "-g", own]


def haproxy_command(folder: Path) -> list[str]:
    """HAProxy in the foreground."""
    return [require("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]


def apache_command(folder: Path) -> list[str]:
    """Apache in the foreground; the tree loads its modules itself."""
    return [require("apache2"), "-f", str(folder / "apache2.conf"), "-DFOREGROUND"]


def caddy_command(folder: Path) -> list[str]:
    """Caddy on the tree's Caddyfile."""
    return [require("caddy"), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


def caddy_json_command(folder: Path) -> list[str]:
    """Caddy on the tree's JSON."""
    return [require("caddy"), "run", "--config", f"{folder}/caddy.json"]


def envoy_command(folder: Path) -> list[str]:
    """Envoy of the package index, in the foreground."""
    own = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warn"]
    return [of_python("envoy"), "-c", str(folder / "envoy.yaml"), *own]


def traefik_command(folder: Path) -> list[str]:
    """Traefik of the package index, in the foreground."""
    return [of_python("traefik"), f"--configFile={folder}/traefik.yml"]


def of_python(command: str) -> str:
    """A server that comes as a Python package, beside the interpreter."""
    path = shutil.which(command, path=str(Path(sys.executable).parent))
    return path or missing(f"{command} is not installed; pip install 'cf525[dev]'")


def asked(port: int, mode: str, address: str, codes: frozenset[int] = frozenset((400,))) -> str:
    """What BoringSSL met, as the status the edge would give."""
    answer: Answer = oracle(port, mode, certificates().trust, address=address)
    if answer.status == "ok" and answer.http in codes:
        return f"origin-{answer.http}"
    return answer.status


def foretold(tree: Tree, main: Path, port: int, mode: str, **more: object) -> Report:
    """The report on the files alone."""
    job = Lint(
        host=HOST,
        paths=(str(main),),
        mode=mode,
        port=port,
        address=tree.address,
        keys=tree.keys,
        aop="none",
        **more,  # type: ignore[arg-type]
    )
    source = of_paths(job.paths, job.server, None)
    return conclude_configuration(Linter(job, source, judge()).read())


@cache
def judge() -> Judge:
    """The judge of chains, who trusts the root of the trees alone."""
    return Judge(trust=TrustStore.of(certificates().root.der))


def new_port() -> int:
    """A free even port whose successor is free too: two trees at once share none by chance."""
    while True:
        port = free_port() // 2 * 2
        try:
            for each in (port, port + 1):
                socket.create_server(("127.0.0.1", each)).close()
        except OSError:
            continue
        return port


def assert_held_to_the_wire(
    tree: Tree, folder: Path, main: str, command: Command, ready: str = ""
) -> None:
    """What the files foretell is what BoringSSL meets, the line is named, the patch heals."""
    for attempt in ("first", "second"):  # another process may have taken a port in between
        port = new_port()
        folder = folder / attempt
        folder.mkdir()
        laid_out(tree, folder, port)
        met = wire(command(folder), folder, port, tree.address, tree.ready or ready, tree.codes)
        reports = {mode: foretold(tree, folder / main, port, mode) for mode in MODES}
        said = {mode: str(report.edge_status) for mode, report in reports.items()}
        if said == met:
            break
    assert said == met, (reports["strict"].summary, (folder / "server.log").read_text()[-600:])
    report = reports[tree.mode]
    if met[tree.mode] == "ok":
        assert report.headline is None
        return
    named(report, filled(tree.line, folder, port).decode())
    finding = report.headline_finding
    if tree.healed or (finding is not None and finding.patch):
        assert healed(report)
        after = wire(command(folder), folder, port, tree.address, ready, tree.codes)
        if after[tree.mode] == "521":  # its port may have been taken meanwhile
            after = wire(command(folder), folder, port, tree.address, ready, tree.codes)
        assert after[tree.mode] == "ok"


def wire(
    command: list[str],
    folder: Path,
    port: int,
    address: str,
    ready: str = "",
    codes: frozenset[int] = frozenset((400,)),
) -> dict[str, str]:
    """What BoringSSL meets at the real server in each mode."""
    with started(command, folder, port, address, ready) as process:
        down = dict.fromkeys(MODES, "521")
        if process is None:
            return down
        met = {mode: asked(port, mode, address, codes) for mode in MODES}
        return down if "ok" not in met.values() and _dies(process) else met


def _dies(process: subprocess.Popen[bytes]) -> bool:
    """Whether a server ends by itself after all: Apache listens before it reads certificates."""
    try:
        process.wait(0.3)
    except subprocess.TimeoutExpired:
        return False
    return True


def named(report: Report, line: str) -> None:
    """The line is among the places of what explains the status."""
    finding = report.headline_finding
    assert finding is not None
    assert finding.places or not line
    assert any(line in place.text for place in finding.places) or not line, finding.places


def healed(report: Report) -> bool:
    """Whether there is a patch, and applies as it is told to be."""
    finding = report.headline_finding
    assert finding is not None
    assert finding.patch, finding
    done = subprocess.run(
        ["patch", "-p0", "-d", "/"],
        input=finding.patch.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
