"""What servers make of a certificate file, against what is said of it beforehand."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from cf525.jobs.verify import Verification, verify
from cf525.lab.ca import Authority, new_key
from cf525.pki.pem import GO, HAPROXY, damages
from tests.pki.forge import key
from tests.pki.pem_variants import VARIANTS
from tests.pki.test_files import key_pem
from tests.servers.process import require
from tests.servers.real import Files, nginx

pytestmark = pytest.mark.realserver

LOADER = """package main
import ("crypto/tls"; "fmt"; "os")
func main() {
    pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
    if err != nil { os.Exit(1) }
    fmt.Println(len(pair.Certificate))
}
"""


@pytest.fixture(scope="module")
def go_loader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("go")
    (folder / "load.go").write_text(LOADER)
    built = [require("go"), "build", "-o", "load", "load.go"]
    subprocess.run(built, cwd=folder, check=True, capture_output=True)
    return folder / "load"


def loads_nginx(chain: Path, private: Path) -> bool:
    folder = chain.parent
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:1 ssl; "
        f"ssl_certificate {chain}; ssl_certificate_key {private}; }} }}\n"
    )
    command: list[str | Path] = [require("nginx"), "-t", "-p", folder, "-c", "nginx.conf"]
    command += ["-e", folder / "e.log"]
    return subprocess.run(command, capture_output=True).returncode == 0


def loads_haproxy(chain: Path, private: Path) -> bool:
    folder = chain.parent
    (folder / "all.pem").write_bytes(chain.read_bytes().rstrip() + b"\n" + private.read_bytes())
    (folder / "haproxy.cfg").write_text(
        f"defaults\n timeout client 1s\n timeout connect 1s\n timeout server 1s\n"
        f"frontend x\n mode http\n bind 127.0.0.1:1 ssl crt {folder}/all.pem\n"
    )
    command: list[str | Path] = [require("haproxy"), "-c", "-f", folder / "haproxy.cfg"]
    return subprocess.run(command, capture_output=True).returncode == 0


def sent_by_nginx(folder: Path, chain: Path, private: Path) -> int:
    """How many certificates nginx sends of a file."""
    block = (
        f"server {{ listen 127.0.0.1:PORT ssl; ssl_certificate {chain}; "
        f"ssl_certificate_key {private}; }}"
    )
    with nginx(Files(folder), block) as port:
        command = [require("openssl"), "s_client", "-showcerts", "-connect", f"127.0.0.1:{port}"]
        done = subprocess.run(command, input=b"", capture_output=True, timeout=20)
    return done.stdout.count(b"-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize("title", VARIANTS)
def test_a_server_loads_what_it_is_said_to_load(
    title: str, tmp_path: Path, go_loader: Path
) -> None:
    content = VARIANTS[title].content
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(content)
    private.write_bytes(key_pem(key("leaf")))
    refused = {server for each in damages(content) for server in each.refused_by}
    assert loads_nginx(chain, private) is ("nginx" not in refused)
    assert loads_haproxy(chain, private) is (HAPROXY not in refused)
    go = subprocess.run([go_loader, chain, private], capture_output=True)
    assert (go.returncode == 0) is (GO not in refused)
    by_openssl, by_go = VARIANTS[title].sent
    if "nginx" not in refused:
        assert sent_by_nginx(tmp_path, chain, private) == by_openssl
    if GO not in refused and "nginx" not in refused:
        assert int(go.stdout) == by_go


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("whose", ["leaf", "none", "none, of another kind"])
def test_no_server_sorts_a_file_by_its_key(
    turned: bool, whose: str, tmp_path: Path, go_loader: Path
) -> None:
    """Order by key: what ``verify`` says of a pair before it is installed."""
    authority = Authority()
    issued = authority.intermediate().issue("www.example.com")
    blocks = [issued.pem, issued.chain_pem.removeprefix(issued.pem)]
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blocks[::-1] if turned else blocks))
    kind = "rsa2048" if "kind" in whose else "p256"
    other = key_pem(new_key(kind))
    private.write_bytes(issued.key_pem if whose == "leaf" else other)
    loaded = whose == "leaf" and not turned
    assert loads_nginx(chain, private) is (loaded or "kind" in whose)  # and refuses every hello
    assert loads_haproxy(chain, private) is loaded
    assert (
        subprocess.run([go_loader, chain, private], capture_output=True).returncode == 0
    ) is loaded
    report = asyncio.run(verify(Verification(paths=(chain,), hosts=(), key=private, fetch=False)))
    assert (report.edge_status == "unloadable") is not loaded
    assert report.confidence == ("medium" if "kind" in whose else "high") or loaded
