"""The certificates that configuration trees name, made once a session in one folder."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cf525.lab.ca import Authority, Issued, new_key
from tests.oracle.origins import HOST


class Certificates:
    """Every certificate that a tree may name, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = Authority("Lint Root CA")
        self.authority = self.root.intermediate("Lint Intermediate CA")
        self.trust = self.write("root.pem", self.root.pem)
        self.write("intermediate.pem", self.authority.pem)
        ended = self.root.now - timedelta(days=3)
        began = ended - timedelta(days=60)
        issue = self.authority.issue
        self.put("site", issue(HOST, "example.com", key=new_key("p256")))
        self.put("rsa", issue(HOST, "example.com", kind="rsa2048"))
        self.put("wild", issue("*.example.com", key=new_key("p256")))
        self.put("other", issue("other.example.net", key=new_key("p256")))
        self.put("apex", issue("example.com", key=new_key("p256")))
        self.put("expired", issue(HOST, not_before=began, not_after=ended, key=new_key("p256")))
        self.put("p384", issue(HOST, kind="p384"))
        self.put("ed", issue(HOST, kind="ed25519"))
        self.put("snakeoil", self.root.self_signed("localhost"))
        self.put("client-ca", self.root.self_signed("Our Client CA"))
        self.put("encrypted", issue(HOST, key=new_key("p256")))
        self.write("encrypted.key", encrypted((folder / "encrypted.key").read_bytes()))
        self.put("deep", issue("*.*.com", "*.a.example.com", key=new_key("p256")))
        site = issue(HOST, key=new_key("p256"))
        disorder = self.authority.pem + site.pem
        self.write("disorder.pem", disorder)
        self.write("disorder.key", site.key_pem)
        self.write("mixed.pem", site.chain_pem + (self.folder / "other.key").read_bytes())
        self.write("bundle.pem", site.chain_pem + site.key_pem)
        self.write("leaf-bundle.pem", site.pem + site.key_pem)
        self.write("empty.pem", b"")
        self.write("broken.pem", site.pem.replace(b"\n", b"\n\n", 3))
        self.write("crlf.pem", site.chain_pem.replace(b"\n", b"\r\n"))
        self.write("crlf.key", site.key_pem)

    def put(self, name: str, issued: Issued) -> None:
        """The chain, the leaf alone, the key, and chain and key in one file."""
        self.write(f"{name}.pem", issued.chain_pem)
        self.write(f"{name}-leaf.pem", issued.pem)
        self.write(f"{name}.key", issued.key_pem)
        self.write(f"{name}-all.pem", issued.chain_pem + issued.key_pem)

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def encrypted(key: bytes) -> bytes:
    """A private key that asks for the word changeit."""
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"changeit")
    )


@cache
def certificates() -> Certificates:
    """The certificates of this session."""
    folder = TemporaryDirectory(prefix="lint-certificates-")
    made = Certificates(Path(folder.name))
    made.keep = folder  # type: ignore[attr-defined]  # it goes when the session does
    return made
