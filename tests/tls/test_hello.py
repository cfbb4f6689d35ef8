"""The ClientHello on the wire, and the derivations of profiles."""

from dataclasses import replace

import pytest

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.model import PostQuantum
from cf525.model.registry import SSL3, TLS10, TLS11, TLS12, TLS13
from cf525.tls import profiles, wire
from cf525.tls.suites import suite
from tests.servers.raw import Hello
from tests.tls.conftest import NAME, make_client


def _hello(profile: ClientProfile, server_name: str | None = NAME) -> Hello:
    client = make_client(profile, server_name=server_name)
    client.start(0.0)
    return Hello(client.data_to_send())


def _numbers(hello: Hello, kind: int, length_width: int = 2) -> tuple[int, ...]:
    return wire.Reader(hello.extensions[kind], "extension").integers(length_width, 2)


@pytest.mark.parametrize("post_quantum", list(PostQuantum))
def test_everything_in_the_profile_is_offered_and_nothing_else(post_quantum: PostQuantum) -> None:
    profile = cloudflare(post_quantum)
    hello = _hello(profile)
    assert hello.version == TLS12
    assert hello.suites == profile.suites
    assert hello.compression == b"\x00"
    assert len(hello.session_id) == 32
    assert _numbers(hello, 10) == profile.groups
    assert _numbers(hello, 13) == profile.signature_algorithms
    assert _numbers(hello, 43, 1) == profile.versions
    assert tuple(hello.shares) == profile.key_shares
    assert hello.extensions[16] == b"\x00\x0c\x02h2\x08http/1.1"
    assert hello.extensions[0] == b"\x00\x12\x00\x00\x0f" + NAME.encode()
    assert hello.extensions[5] == b"\x01\x00\x00\x00\x00"
    assert hello.extensions[0xFF01] == b"\x00"
    assert tuple(kind for kind in hello.extensions if kind != 21) == profile.extensions


def test_extension_order_is_the_profiles() -> None:
    backwards = replace(cloudflare(), extensions=tuple(reversed(cloudflare().extensions)))
    kinds = [kind for kind in _hello(backwards).extensions if kind != 21]
    assert kinds == list(backwards.extensions)


def test_hello_of_256_to_511_bytes_is_padded_to_512() -> None:
    hello = _hello(cloudflare(PostQuantum.OFF))
    assert len(hello.raw) == 512
    assert list(hello.extensions)[-1] == 21


def test_hello_with_a_post_quantum_share_is_not_padded() -> None:
    hello = _hello(cloudflare(PostQuantum.PREFERRED))
    assert 21 not in hello.extensions
    assert len(hello.shares[0x11EC]) == 1216


@pytest.mark.parametrize("length", range(1, 60))
def test_padding_never_leaves_a_hello_in_the_intolerant_range(length: int) -> None:
    profile = profiles.with_alpn(cloudflare(PostQuantum.OFF), ["x" * 200, "y" * length])
    assert not 256 <= len(_hello(profile).raw) <= 511


def test_an_empty_last_extension_is_followed_by_padding() -> None:
    profile = replace(cloudflare(), versions=(TLS12,), suites=(0xC02F,), extensions=(0, 18))
    assert list(_hello(profile).extensions.items())[-1] == (21, b"\x00")


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12])
def test_older_hello_leaves_out_what_only_tls13_knows(version: int) -> None:
    hello = _hello(profiles.only_version(cloudflare(), version))
    assert hello.version == version
    assert hello.session_id == b""
    assert not {43, 45, 51} & hello.extensions.keys()
    assert (13 in hello.extensions) is (version == TLS12)
    assert all(version in suite(code).versions for code in hello.suites)
    assert 0x11EC not in _numbers(hello, 10)


def test_tls13_only_hello_leaves_out_what_only_older_versions_know() -> None:
    hello = _hello(profiles.only_version(cloudflare(), TLS13))
    assert not {11, 23, 35, 0xFF01} & hello.extensions.keys()
    assert hello.suites == (0x1301, 0x1302, 0x1303)


def test_ssl3_hello_has_no_extensions_and_its_own_record_version() -> None:
    client = make_client(profiles.ssl3())
    client.start(0.0)
    data = client.data_to_send()
    assert data[:3] == b"\x16\x03\x00"
    hello = Hello(data)
    assert (hello.version, hello.extensions) == (SSL3, {})
    assert {0x0005, 0x000A, 0x002F} <= set(hello.suites)


@pytest.mark.parametrize("name", [None, "", "192.0.2.1", "2001:db8::1", "[2001:db8::1]"])
def test_no_name_is_sent_for_nothing_or_an_address(name: str | None) -> None:
    assert 0 not in _hello(cloudflare(), name).extensions


def test_only_version_of_ssl3_sends_the_ssl3_record_version() -> None:
    assert profiles.only_version(profiles.legacy(), SSL3).record_version == SSL3


def test_other_groups_keep_their_key_share_or_get_one() -> None:
    assert profiles.with_groups(cloudflare(), [0x17, 0x1D]).key_shares == (0x1D,)
    assert profiles.with_groups(cloudflare(), [0x18, 0x17]).key_shares == (0x18,)


def test_without_post_quantum_nothing_of_it_is_left() -> None:
    profile = profiles.without_post_quantum(cloudflare(PostQuantum.PREFERRED))
    assert profile.groups == (0x1D, 0x17, 0x18, 0x19)
    assert profile.key_shares == (0x1D,)


def test_each_derivation_changes_its_one_thing() -> None:
    base = cloudflare()
    for derived, field in (
        (profiles.with_suites(base, [0x2F]), "suites"),
        (profiles.with_signature_algorithms(base, [0x0401]), "signature_algorithms"),
        (profiles.with_alpn(base, []), "alpn"),
    ):
        assert getattr(derived, field) != getattr(base, field)
        assert derived.name != base.name
        restored = replace(derived, name=base.name, **{field: getattr(base, field)})
        assert restored == base


def test_permissive_profiles_offer_what_the_edge_does_not() -> None:
    legacy = profiles.legacy()
    assert {0x9E, 0x05, 0xC009, 0xCCA8, 0x0A} <= set(legacy.suites)
    assert 0x0807 in legacy.signature_algorithms
    assert not any(suite(code).authentication == "anonymous" for code in legacy.suites)
    assert {0x1E, 0x11EB} <= set(profiles.permissive13().groups)


def test_profile_without_extensions_is_sent_as_it_is() -> None:
    hello = _hello(replace(cloudflare(), versions=(TLS12,), extensions=()))
    assert hello.extensions == {}


def test_unknown_extension_in_a_profile_has_no_content_and_stays_out() -> None:
    profile = replace(cloudflare(), extensions=(0, 13172, 43))
    assert 13172 not in _hello(profile).extensions


def test_an_elimination_of_signatures_offers_no_suite_without_one() -> None:
    whole = profiles.only_version(profiles.legacy(), TLS12)
    hello = _hello(profiles.without(whole, "signature_algorithms", [0x0401, 0x0804]))
    assert set(_numbers(hello, 13)) == set(whole.signature_algorithms) - {0x0401, 0x0804}
    assert all(suite(code).exchange in ("ecdhe", "dhe") for code in hello.suites)


@pytest.mark.parametrize(
    ("left_out", "exchanges"),
    [(range(0x0100), {"dhe"}), (range(0x0100, 0x0105), {"ecdhe"}), ([23], {"ecdhe", "dhe"})],
)
def test_an_elimination_of_groups_offers_the_suites_that_still_have_one(
    left_out: list[int], exchanges: set[str]
) -> None:
    whole = profiles.only_version(profiles.legacy(), TLS12)
    hello = _hello(profiles.without(whole, "groups", left_out))
    assert not set(_numbers(hello, 10)) & set(left_out)
    assert {str(suite(code).exchange) for code in hello.suites} == exchanges
