"""The reader that is written down beside OpenSSL itself, on files with random slips in them."""

import random
import ssl
from pathlib import Path

import pytest

from cf525.pki.pem import read
from tests.pki.forge import key
from tests.pki.pem_variants import VARIANTS
from tests.pki.test_files import key_pem

SLIPS = (
    *(b"\n", b"\n\n", b" ", b"\t", b"\r\n", b"\r", b"-", b"-----", b":", b"=", b"A", b"\0", b"\x1a"),
    *(b"Comment: x\n", b"# ", b"\xc2\xa0", b"\xef\xbb\xbf", b"TRUSTED ", b"X" * 260, b" " * 260),
    *(b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"),
    *(b"-----BEGIN X509 CERTIFICATE-----\n", b"-----END X509 CERTIFICATE-----\n"),
)


def slipped(content: bytes, chance: random.Random) -> bytes:
    """The content with one to three slips, most of them at the beginning of a line."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        starts = [0, *(at + 1 for at, byte in enumerate(content) if byte == 10)]
        at = chance.choice(starts) if chance.random() < 0.6 else chance.randrange(len(content) + 1)
        if chance.random() < 0.7:
            content = content[:at] + chance.choice(SLIPS) + content[at:]
        else:
            content = content[:at] + content[at + chance.choice((1, 1, 2, 5, 65)) :]
    return content


@pytest.mark.parametrize("seed", range(8))
def test_a_file_is_taken_where_openssl_takes_it(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    private, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    private.write_bytes(key_pem(key("leaf")))
    contents = [variant.content for variant in VARIANTS.values()]
    taken = 0
    for _ in range(60):
        content = slipped(chance.choice(contents), chance)
        chain.write_bytes(content)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found = read(content)
        try:
            context.load_cert_chain(chain, private)
        except ssl.SSLError as error:
            # another certificate's key, or one with a byte changed, is no matter of the form
            reason = error.reason or ""
            told = any(each.fatal for each in found.damages)
            assert told or "MISMATCH" in reason or found.held or not found.meant, content
        else:
            assert not any(each.fatal for each in found.damages), content
            taken += 1
    assert taken >= 6
