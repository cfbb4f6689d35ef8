"""A small nginx site as files, for ``lint``: it serves the bare domain and forgot www."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization

from cf525.lab.certificates import Certificates

HOST: Final = "www.example.com"
_CONFIGURATION: Final = """\
events {{}}
http {{
    server {{
        listen 443 ssl default_server;
        ssl_reject_handshake on;
    }}
    server {{
        listen 443 ssl;
        server_name example.com;
        ssl_certificate {folder}/fullchain.pem;
        ssl_certificate_key {folder}/privkey.pem;
    }}
}}
"""


def write(folder: Path, certificates: Certificates) -> Path:
    """The main file of the site, written with its certificate into a folder of its own."""
    site = folder / "nginx"
    site.mkdir()
    issued = certificates.issue("example.com", {"names": ("example.com", HOST)})
    chain = (issued.certificate, *issued.chain)
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
    (site / "fullchain.pem").write_bytes(pem)
    key = issued.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (site / "privkey.pem").write_bytes(key)
    (site / "privkey.pem").chmod(0o600)
    main = site / "nginx.conf"
    main.write_text(_CONFIGURATION.format(folder=site))
    return main
