"""A new private key in a file of its own, and the request for a certificate of it.

The key never leaves this machine: nobody gets it but the file, which is for its owner alone and
takes the place of no other. Whether the certificate that comes back is right is judged elsewhere.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from cf525.changes.steps import KeyMade
from cf525.errors import UsageError
from cf525.values import dataclass

RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The two files of one certificate."""

    key: Path
    certificate: Path

    @classmethod
    def of(cls, host: str, folder: Path) -> "KeyFiles":
        return cls(key=folder / f"{host}.key", certificate=folder / f"{host}.pem")

    def check(self) -> None:
        """Raise UsageError now for files that are there, and a folder that is not."""
        if not self.key.parent.is_dir():
            raise UsageError(f"there is no folder {self.key.parent}", hint="make it first")
        for path in (self.key, self.certificate):
            if path.exists() or path.is_symlink():
                raise UsageError(
                    f"{path} exists already, and no key or certificate is overwritten",
                    hint="move it away, or name another folder with --out",
                )

    def make(self, kind: str, names: tuple[str, ...]) -> KeyMade:
        """A new key in its file, and a request for a certificate of it. Raises UsageError."""
        self.check()
        private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if kind == "rsa":
            private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        else:
            private = ec.generate_private_key(ec.SECP256R1())
        _write(
            self.key,
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        wanted = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(subject)
            .add_extension(wanted, critical=False)
            .sign(private, hashes.SHA256())
        )
        return KeyMade(
            csr=request.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            public_key=_hash(request.public_key()),
            files=(str(self.key.absolute()), str(self.certificate.absolute())),
        )

    def discard(self) -> None:
        """Remove the key that ``make`` wrote: no certificate came of it."""
        with suppress(OSError):
            self.key.unlink(missing_ok=True)

    def save(self, text: str) -> None:
        """The certificate in its file. Raises UsageError."""
        _write(self.certificate, text.encode())


def public_key_of(pem: str) -> str:
    """The hash of a certificate's public key; empty for what is none."""
    try:
        return _hash(x509.load_pem_x509_certificate(pem.encode()).public_key())
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        return ""


def _hash(public: object) -> str:
    spki = public.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).hexdigest()


def _write(path: Path, content: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", hint="name another folder with --out"
        ) from None
