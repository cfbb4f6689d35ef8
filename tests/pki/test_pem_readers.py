"""The reader that is written down beside OpenSSL itself, on files with random slips in them."""

import random
import ssl
from pathlib import Path

import pytest

from cf525.pki.pem import read
from tests.pki.forge import key
from tests.pki.pem_variants import CHAIN, VARIANTS
from tests.pki.test_files import key_pem

SLIPS = (
    *(b"\n", b"\n\n", b" ", b"\t", b"\r\n", b"\r", b"-", b"-----", b":", b"=", b"\0", b"\x1a"),
    *(b"Comment: x\n", b"# ", b"\xc2\xa0", b"\xef\xbb\xbf", b"TRUSTED ", b" " * 260),
    *(b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"),
    *(b"-----BEGIN X509 CERTIFICATE-----\n", b"-----END X509 CERTIFICATE-----\n"),
)
"""None of them changes a byte of a certificate that is still one: that is no matter of the form."""


def slipped(content: bytes, chance: random.Random) -> bytes:
    """The content with one or two slips at beginnings and ends of lines, or without a line."""
    for _ in range(chance.choice((1, 1, 2))):
        lines = content.split(b"\n")
        at = chance.randrange(len(lines))
        slip = chance.choice(SLIPS)
        lines[at] = chance.choice((slip + lines[at], lines[at] + slip, slip.strip(b"\n")))
        content = b"\n".join(lines)
    return content


@pytest.mark.parametrize("seed", range(8))
def test_a_file_is_taken_where_openssl_takes_it(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    private, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    private.write_bytes(key_pem(key("leaf")))
    contents = [variant.content for variant in VARIANTS.values()]
    taken = 0
    for _ in range(60):
        content = slipped(chance.choice((CHAIN, chance.choice(contents))), chance)
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
