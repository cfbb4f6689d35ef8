"""The named finite field groups, told by the prime a server sends."""

import re
import subprocess

import pytest

from cf525.model.registry import TLS10, TLS12, group_name
from cf525.tls.errors import PeerError
from cf525.tls.ffdhe import FFDHE, ffdhe_group
from cf525.tls.messages import parse_dhe
from cf525.tls.wire import vector
from tests.servers.process import require

SMALL = bytes.fromhex("17")
PARAMETERS = vector(SMALL, 2) + vector(b"\x05", 2) + vector(b"\x08", 2)


@pytest.mark.parametrize("group", FFDHE)
def test_the_primes_are_those_openssl_has(group: int) -> None:
    openssl = require("openssl")
    name = f"group:{group_name(group)}"
    command = [openssl, "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", name]
    made = subprocess.run(command, check=True, capture_output=True).stdout
    shown = subprocess.run([openssl, "asn1parse"], input=made, check=True, capture_output=True)
    prime = re.search(rb"INTEGER +:([0-9A-F]+)", shown.stdout)
    assert prime is not None
    assert ffdhe_group(bytes.fromhex(prime[1].decode())) == group


def test_a_prime_of_the_servers_own_has_no_name() -> None:
    assert ffdhe_group(SMALL) is None


def test_what_a_dhe_server_names_is_read() -> None:
    signed = PARAMETERS + b"\x08\x04" + vector(b"signature", 2)
    assert parse_dhe(signed, TLS12, signed=True).scheme == 0x0804
    assert parse_dhe(PARAMETERS, TLS12, signed=False).scheme is None
    old = parse_dhe(PARAMETERS + vector(b"signature", 2), TLS10, signed=True)
    assert (old.prime, old.scheme) == (SMALL, None)


def test_parameters_with_something_behind_them_are_refused() -> None:
    with pytest.raises(PeerError):
        parse_dhe(PARAMETERS + b"\x00", TLS12, signed=False)
