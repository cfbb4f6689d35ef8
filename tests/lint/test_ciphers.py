"""Cipher strings come to what OpenSSL makes of them, for every suite that the edge offers."""

import subprocess

import pytest

from cf525.edge.profile import SUITES
from cf525.servers.ciphers import evaluated, names_of
from tests.servers.process import require

EDGE = frozenset(fact.code for fact in SUITES if fact.code < 0x1300 or fact.code > 0x13FF)
STRINGS = (
    "DEFAULT", "ALL", "HIGH:!aNULL:!MD5", "HIGH:!kRSA", "kRSA", "RSA", "aRSA+AESGCM", "ECDSA",
    "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH", "ECDHE+AES:!SHA", "HIGH:-SHA", "HIGH:!SHA1:!SHA256",
    "TLSv1.2", "TLSv1:SSLv3", "AES:!ECDHE", "AES128+ECDHE", "CHACHA20", "CAMELLIA", "ALL:+kRSA",
    "AES128-SHA:AES256-SHA", "ECDHE-RSA-AES256-SHA384", "!kRSA:HIGH", "HIGH:!TLSv1.2", "AESCCM",
    "ALL:!AESGCM", "ECDHE:!ECDSA", "NOSUCH:AES128-SHA", "NOSUCH", "DHE+HIGH", "HIGH:!AES128",
    "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:RSA+AESGCM:RSA+AES:!aNULL:!MD5",
    "EDH+CAMELLIA:EDH+aRSA:EECDH+aRSA+AESGCM:EECDH+aRSA+SHA384:EECDH:+AES256:+SSLv3:!aNULL:!PSK",
)  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_the_suites_of_the_edge_are_on_where_openssl_has_them_on(text: str) -> None:
    done = subprocess.run(
        [require("openssl"), "ciphers", "-V", text], capture_output=True, text=True, check=False
    )
    theirs = {
        int(high, 16) * 256 + int(low, 16)
        for line in done.stdout.splitlines()
        for high, low in [line.split()[0].split(",")]
    }
    assert set(evaluated(text).codes) & EDGE == theirs & EDGE


def test_a_level_is_read_and_takes_suites_away() -> None:
    assert evaluated("DEFAULT@SECLEVEL=0").level == 0  # OpenSSL takes it without a colon too
    assert evaluated("DEFAULT:@SECLEVEL=0").level == 0
    assert 0x002F in evaluated("AES128-SHA:@SECLEVEL=2").codes
    assert evaluated("AES128-SHA:@SECLEVEL=3").codes == ()
    assert evaluated("ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=4").codes == ()


def test_suites_are_named_and_many_are_counted() -> None:
    assert names_of((0x002F,)) == "AES128-SHA"
    assert names_of(range(0x1301, 0x1306), most=2).endswith("and 3 more")
