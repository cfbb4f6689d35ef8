"""What real servers take of groups and signatures, named by elimination, and the line that mends.

A server whose one group or algorithm the edge offers is healthy: there ``--deep`` names it. Where
the edge lacks it, the finding names it by default, and its lines put in place of the fault make
the server healthy.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cf525.causes.case import Case
from cf525.causes.signs import enumeration
from cf525.causes.signs.enumeration import GROUPS, SIGNATURE_ALGORITHMS
from cf525.causes.waves import MAX_CONNECTIONS
from cf525.model import Config, Finding, Variable
from cf525.model.registry import TLS12, TLS13
from tests.causes import scenarios
from tests.causes.scenarios import route
from tests.realservers.diagnosed import diagnosed, outcome
from tests.realservers.test_snippets import without_unknown_groups
from tests.servers.process import require
from tests.servers.real import (
    FFDHE2048,
    HOST,
    Files,
    apache,
    gnutls,
    go,
    nginx,
    s_server,
    site,
    vhost,
)

pytestmark = pytest.mark.realserver

Server = Callable[[Files], AbstractContextManager[int]]


def looked_at(port: int, files: Files, *, deep: bool = False) -> tuple[Case, tuple[Finding, ...]]:
    (case,), found = scenarios.diagnosed(
        route(("127.0.0.1", port)), trust=files.root, folder=files.folder, deep=deep
    )
    return case, found


# --- what the edge offers too ---------------------------------------------------------------

SHARED: list[tuple[str, Server, int, str, str]] = [
    (
        "s_server P-521 1.3",
        lambda files: s_server(files, "-tls1_3", "-groups", "P-521"),
        *(TLS13, GROUPS, "P-521 only"),
    ),
    (
        "s_server P-521 1.2",
        lambda files: s_server(files, "-tls1_2", "-groups", "P-521"),
        *(TLS12, GROUPS, "P-521 only"),
    ),
    (
        "GnuTLS P-384 1.3",
        lambda files: gnutls(
            files, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP384R1"
        ),
        *(TLS13, GROUPS, "P-384 only"),
    ),
    (
        "s_server ecdsa_secp521r1_sha512 1.3",
        lambda files: s_server(files, "-tls1_3", "-sigalgs", "ecdsa_secp521r1_sha512", kind="p521"),
        *(TLS13, SIGNATURE_ALGORITHMS, "ecdsa_secp521r1_sha512 only"),
    ),
    (
        "s_server ecdsa_secp521r1_sha512 1.2",
        lambda files: s_server(files, "-tls1_2", "-sigalgs", "ecdsa_secp521r1_sha512", kind="p521"),
        *(TLS12, SIGNATURE_ALGORITHMS, "ecdsa_secp521r1_sha512 only"),
    ),
    (
        "s_server rsa_pkcs1_sha1 1.2",
        lambda files: s_server(
            files,
            *("-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "DEFAULT:@SECLEVEL=0"),
            kind="rsa2048",
        ),
        *(TLS12, SIGNATURE_ALGORITHMS, "rsa_pkcs1_sha1 only"),
    ),
]


@pytest.mark.parametrize(
    ("serve", "version", "kind", "expected"),
    [row[1:] for row in SHARED],
    ids=[row[0] for row in SHARED],
)
def test_the_only_one_is_named_where_the_edge_has_it(
    serve: Server, version: int, kind: Variable, expected: str, files: Files
) -> None:
    with serve(files) as port:
        healthy(port, files)
        case, _ = looked_at(port, files, deep=True)
    assert enumeration.taken(case, version, kind).text == expected
    assert expected in enumeration.spoken_text(case)


def healthy(port: int, files: Files) -> None:
    """Nothing is wrong, which took one connection to see."""
    case, found = looked_at(port, files)
    assert case.status.status == "ok"
    assert case.probes == ()
    assert not [each for each in found if not each.contributing]


@pytest.mark.xdist_group("go")
def test_gos_curve_preferences_are_named_in_both_versions(files: Files, go_server: Path) -> None:
    with go(files, go_server, "p521", name=HOST) as port:
        healthy(port, files)
        case, _ = looked_at(port, files, deep=True)
    for version in (TLS13, TLS12):
        assert enumeration.taken(case, version, GROUPS).text == "P-521 only"


# --- what the edge lacks: nginx and Apache --------------------------------------------------

EDGE_CURVES = "X25519:prime256v1:secp384r1"
SIGNATURES_LINE = "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256"
NO_PAGE = ("origin-404", None)
"""This Apache has nothing to serve; that it says so over TLS is what was broken."""
LACKED = [
    # version, groups, what is named
    ("1.3", "X448", "X448 only"),
    ("1.2", "X448", "X448 only"),
    ("1.3", "ffdhe2048", "ffdhe2048 only"),
    ("1.3", "ffdhe3072:X448", "ffdhe3072, X448 only"),
    ("1.2", "brainpoolP256r1", "brainpoolP256r1 only"),
]


def lines_for(finding: Finding, platform: str) -> str:
    """The configuration a finding prints for this server, without what is for a shell."""
    (remedy,) = (each for each in finding.remedies if each.platform == platform)
    return "\n".join(each.text for each in remedy.parts if isinstance(each, Config))


def within(case: Case) -> bool:
    """Whether it took little more than half of what may be spent."""
    return 1 + len(case.probes) <= MAX_CONNECTIONS * 3 // 5


@contextmanager
def nginx_with(files: Files, extra: str, kind: str = "p256") -> Iterator[int]:
    with nginx(files, site(files, files.authority.issue(HOST, kind=kind), extra)) as port:
        yield port


@contextmanager
def apache_with(files: Files, extra: str, kind: str = "p256") -> Iterator[int]:
    with apache(files, vhost(files, files.authority.issue(HOST, kind=kind), extra)) as port:
        yield port


@pytest.mark.parametrize(("version", "groups", "named"), LACKED)
def test_nginx_takes_the_line_for_groups_and_is_healthy(
    version: str, groups: str, named: str, files: Files
) -> None:
    protocol = f"ssl_protocols TLSv{version};"
    with nginx_with(files, f"{protocol} ssl_ecdh_curve {groups};") as port:
        case, found = looked_at(port, files)
    assert (found[0].id, found[0].confidence) == ("no-common-group", "medium")
    assert found[0].title.endswith(f"accepts {named}")
    assert f"in TLS {version} the origin takes {named}" in [each.text for each in found[0].evidence]
    assert f"; groups {named}" in found[0].explanation
    lines = lines_for(found[0], "nginx")
    assert lines == f"ssl_ecdh_curve {EDGE_CURVES}:{groups};"
    assert within(case)
    with nginx_with(files, f"{protocol} {lines}") as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


@pytest.mark.parametrize(("version", "groups", "named"), LACKED)
def test_apache_takes_the_line_for_groups_and_is_healthy(
    version: str, groups: str, named: str, files: Files
) -> None:
    protocol = f"SSLProtocol -all +TLSv{version}"
    with apache_with(files, f"{protocol}\nSSLOpenSSLConfCmd Groups {groups}") as port:
        _, found = looked_at(port, files)
    assert (found[0].id, found[0].confidence) == ("no-common-group", "medium")
    assert found[0].title.endswith(f"accepts {named}")
    lines = lines_for(found[0], "Apache")
    assert lines == f"SSLOpenSSLConfCmd Groups {EDGE_CURVES}:{groups}"
    with apache_with(files, f"{protocol}\n{lines}") as port:
        assert outcome(diagnosed(port, files)) == NO_PAGE


SIGNATURES = [
    ("rsa2048", "RSA+SHA224", "rsa_pkcs1_sha224 only"),
    ("p256", "ECDSA+SHA224", "ecdsa_sha224 only"),
]


@pytest.mark.parametrize(("kind", "algorithms", "named"), SIGNATURES)
def test_nginx_takes_the_line_for_signatures_and_is_healthy(
    kind: str, algorithms: str, named: str, files: Files
) -> None:
    protocol = "ssl_protocols TLSv1.2;"
    fault = f"{protocol} ssl_conf_command SignatureAlgorithms {algorithms};"
    with nginx_with(files, fault, kind) as port:
        case, found = looked_at(port, files)
    assert (found[0].id, found[0].confidence) == ("no-common-signature", "medium")
    assert found[0].title.endswith(f"signs with {named}")
    assert f"in TLS 1.2 the origin signs with {named}" in [each.text for each in found[0].evidence]
    assert f"; signatures {named}" in found[0].explanation
    lines = lines_for(found[0], "nginx")
    assert lines.split() == ["ssl_conf_command", "SignatureAlgorithms", f"{SIGNATURES_LINE};"]
    assert within(case)
    with nginx_with(files, f"{protocol} {lines}", kind) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


@pytest.mark.parametrize(("kind", "algorithms", "named"), SIGNATURES)
def test_apache_takes_the_line_for_signatures_and_is_healthy(
    kind: str, algorithms: str, named: str, files: Files
) -> None:
    protocol = "SSLProtocol -all +TLSv1.2"
    fault = f"{protocol}\nSSLOpenSSLConfCmd SignatureAlgorithms {algorithms}"
    with apache_with(files, fault, kind) as port:
        _, found = looked_at(port, files)
    assert (found[0].id, found[0].confidence) == ("no-common-signature", "medium")
    assert found[0].title.endswith(f"signs with {named}")
    lines = lines_for(found[0], "Apache")
    assert lines.split() == ["SSLOpenSSLConfCmd", "SignatureAlgorithms", "\\", SIGNATURES_LINE]
    with apache_with(files, f"{protocol}\n{lines}", kind) as port:
        assert outcome(diagnosed(port, files)) == NO_PAGE


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_ed25519_is_a_matter_of_the_key_and_said_to_be_all_there_is(
    version: str, files: Files
) -> None:
    with nginx_with(files, f"ssl_protocols TLSv{version};", "ed25519") as port:
        case, found = looked_at(port, files)
    assert (found[0].id, found[0].confidence) == ("unusable-key-type", "medium")
    assert f"in TLS {version} the origin signs with ed25519 only" in [
        each.text for each in found[0].evidence
    ]
    assert within(case)


def test_a_zone_that_demands_hybrid_groups_is_told_to_add_one(files: Files) -> None:
    """P-521 is among the groups the edge offers any other zone."""
    protocol = "ssl_protocols TLSv1.3;"
    with nginx_with(files, f"{protocol} ssl_ecdh_curve secp521r1;") as port:
        asked = route(("127.0.0.1", port), compliance=("pqh",))
        _, found = scenarios.diagnosed(asked, trust=files.root, folder=files.folder)
    assert (found[0].id, found[0].confidence) == ("compliance-modes", "medium")
    assert found[0].title.endswith("the origin takes P-521 only")
    lines = lines_for(found[0], "nginx")
    assert "ssl_ecdh_curve X25519MLKEM768:" in lines
    with nginx_with(files, without_unknown_groups(lines)) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


# --- other libraries ------------------------------------------------------------------------

GNUTLS = [
    ("1.3", "X448", "X448 only"),
    ("1.2", "X448", "X448 only"),
    ("1.3", "FFDHE2048", "ffdhe2048 only"),
]


@pytest.mark.parametrize(("version", "group", "named"), GNUTLS)
def test_gnutls_says_no_to_all_other_groups(
    version: str, group: str, named: str, files: Files
) -> None:
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}:-GROUP-ALL:+GROUP-{group}"
    with gnutls(files, "--priority", priority) as port:
        case, found = looked_at(port, files)
    assert found[0].id == "no-common-group"
    assert named in found[0].title
    assert within(case)


def test_a_server_that_answers_dhe_whatever_is_offered_does_not_hide_its_curves(
    files: Files,
) -> None:
    """nginx with parameters of its own knows nothing of RFC 7919."""
    parameters = files.write("dh.pem", FFDHE2048)
    fault = f"""ssl_protocols TLSv1.2; ssl_dhparam {parameters}; ssl_ecdh_curve X448;
        ssl_ciphers DHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256;
        ssl_prefer_server_ciphers on;"""
    with nginx_with(files, fault, "rsa2048") as port:
        case, _ = looked_at(port, files, deep=True)
    assert enumeration.taken(case, TLS12, GROUPS).text == "ffdhe2048, X448 only"


def test_an_rsa_pss_key_is_of_no_use_to_the_edge(files: Files) -> None:
    certificate, key = pss_pair(files.folder)
    with s_server(files, "-cert", str(certificate), "-key", str(key)) as port:
        case, found = looked_at(port, files)
    assert (found[0].id, found[0].confidence) == ("unusable-key-type", "medium")
    assert "RSA-PSS 2048" in found[0].title
    assert "a plain RSA key" in found[0].explanation
    assert any("rsa_pss_pss_sha256" in each.text for each in found[0].evidence)
    assert 1 + len(case.probes) <= MAX_CONNECTIONS


def pss_pair(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate whose key may sign with RSASSA-PSS alone."""
    certificate, key = folder / "pss.crt", folder / "pss.key"
    command = [require("openssl"), "req", "-x509", "-newkey", "rsa-pss", "-nodes", "-days", "9"]
    command += ["-pkeyopt", "rsa_keygen_bits:2048", "-subj", f"/CN={HOST}"]
    command += ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


@pytest.mark.parametrize(
    ("kind", "group"), [("brainpool256", "brainpoolP256r1"), ("secp256k1",) * 2]
)
def test_a_key_on_a_curve_the_edge_does_not_offer(kind: str, group: str, files: Files) -> None:
    groups = f"X25519:P-256:{group}"
    with s_server(files, "-tls1_2", "-groups", groups, kind=kind) as port:
        case, found = looked_at(port, files)
    assert case.status.status == "525"
    assert (found[0].id, found[0].confidence) == ("unusable-key-type", "medium")
    assert f"a key of type EC {group}" in found[0].evidence[1].text
