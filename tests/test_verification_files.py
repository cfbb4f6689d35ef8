"""``verify`` of files whose form or order decides: what servers read, and the shortest cure."""

import asyncio
import shlex
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

from cf525.jobs.verify import Verification, verify
from cf525.lab.ca import Authority, Issued, new_key
from cf525.model import Confidence, Report
from cf525.report.verification import render
from tests.pki.forge import AT
from tests.servers.process import require

HOST = "www.example.com"
CA = Authority(now=AT)
ISSUER = CA.intermediate()
ISSUED = ISSUER.issue(HOST)
LEAF = ISSUED.pem
CHAIN = ISSUED.chain_pem.removeprefix(LEAF)
BEGIN = b"-----BEGIN CERTIFICATE-----"
LINE = LEAF.count(b"\n") + 1


def verified(folder: Path, content: bytes, name: str = "site.pem", **changes: object) -> Report:
    (folder / "ca.pem").write_bytes(CA.pem)
    (folder / name).write_bytes(content)
    usual: dict[str, object] = {
        "paths": (folder / name,),
        "hosts": (HOST,),
        "trust_files": (folder / "ca.pem",),
        "trust_only": True,
        "at": AT,
        "fetch": False,
    }
    return asyncio.run(verify(Verification(**(usual | changes))))  # type: ignore[arg-type]


def screen(report: Report) -> str:
    """The first screen as one line of text."""
    lines = render(report)
    return " ".join(" ".join(f"{line.label}{line.text}" for line in lines).split())


def fix_of(report: Report) -> tuple[str, tuple[str, ...]]:
    finding = report.headline_finding
    assert finding is not None
    fixes = [each for each in finding.remedies if not each.stop_gap]
    remedy = next(each for each in fixes if each.platform == "any")
    return remedy.text, remedy.commands


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (" ", "the line is indented"),
        ('"', "quotation mark"),
        ("ssl_chain: ", "other text stands before"),
        ("\N{NO-BREAK SPACE}", "characters that are not seen"),
        ("\N{ZERO WIDTH SPACE}", "characters that are not seen"),
        ("——", "typographic"),
    ],
)
def test_an_issuer_that_no_server_reads_is_not_sent(before: str, why: str, tmp_path: Path) -> None:
    block = CHAIN.lstrip(b"-") if before == "——" else CHAIN
    report = verified(tmp_path, LEAF + before.encode() + block)
    assert (report.edge_status, report.headline) == ("526", "incomplete-chain")
    assert f"site.pem, line {LINE}: " in report.findings[0].evidence[0].text
    assert why in report.findings[0].evidence[0].text
    text, commands = fix_of(report)
    assert "Copy the file again" in text
    assert f"lines {LINE}-" in text
    assert commands == ()


def test_a_blank_line_behind_the_first_line_is_no_damage(tmp_path: Path) -> None:
    report = verified(tmp_path, (LEAF + CHAIN).replace(BEGIN, BEGIN + b"\n"))
    assert (report.edge_status, report.unknowns) == ("ok", ())


def test_a_blank_line_before_the_end_is_one(tmp_path: Path) -> None:
    broken = LEAF.replace(b"-----END", b"\n-----END") + CHAIN
    report = verified(tmp_path, broken, "my site.pem")
    assert report.edge_status == "unloadable"
    assert f"line {LINE - 1}, a blank line stands before the end" in screen(report)
    told = [each for each in report.findings[0].remedies if each.platform == "any"]
    assert f"-certfile '{tmp_path}/my site.pem'" in told[0].commands[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (LEAF.replace(b"CERT", b"X509 CERT") + CHAIN, "would not load the file"),
        (LEAF.replace(b"CERT", b"TRUSTED CERT") + CHAIN, "would not load the file"),
        (LEAF.replace(b"\n", b"\xc2\xa0\n", 3) + CHAIN, "would not load the file"),
        (LEAF + b"\xef\xbb\xbf" + CHAIN, f"skips the certificate of line {LINE} (then 526)"),
    ],
)
def test_what_go_alone_makes_of_a_file_stands_on_the_first_screen(
    content: bytes, told: str, tmp_path: Path
) -> None:
    report = verified(tmp_path, content)
    assert report.edge_status == "ok"
    assert f"A server written in Go (Caddy, Traefik) {told}" in screen(report)


def test_a_certificate_that_nobody_needs_and_nobody_reads_is_told(tmp_path: Path) -> None:
    report = verified(tmp_path, LEAF + CHAIN + b" " + ISSUER.issue("old.example.com").pem)
    assert report.edge_status == "ok"
    assert [each.id for each in report.findings] == ["chain-disorder"]


# --- the cure stands in the file ---------------------------------------------------------------


def expired() -> Issued:
    return ISSUER.issue(HOST, not_before=AT - timedelta(90), not_after=AT - timedelta(3))


def old_issuer() -> bytes:
    """The issuing CA as it was certified before: same name, same key, past its end."""
    now = ISSUER.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(now.subject)
        .issuer_name(now.issuer)
        .public_key(now.public_key())
        .serial_number(77)
        .not_valid_before(AT - timedelta(900))
        .not_valid_after(AT - timedelta(2))
    )
    for each in now.extensions:
        builder = builder.add_extension(each.value, critical=each.critical)
    return builder.sign(CA.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def run(commands: Sequence[str], folder: Path) -> bytes:
    """What the first command makes."""
    done = subprocess.run([require("sh"), "-c", commands[0]], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    return (folder / "mended.pem").read_bytes()


CURED = {
    "an expired leaf first": (expired().pem + LEAF + CHAIN, "cert-expired", "Delete block 1"),
    "an expired leaf first, the valid one last": (
        *(expired().pem + CHAIN + LEAF, "cert-expired"),
        f"Delete block 1 (lines 1-{LINE - 1}) and put block 3",
    ),
    "another site's leaf first": (
        ISSUER.issue("other.example.net").pem + LEAF + CHAIN,
        *("hostname-mismatch", "Delete block 1"),
    ),
    "a wildcard that is too short first": (
        ISSUER.issue("*.www.example.com").pem + LEAF + CHAIN,
        *("wildcard-too-short", "Delete block 1"),
    ),
    "an expired issuer before the valid one": (
        LEAF + old_issuer() + CHAIN,
        *("chain-through-expired-cross-sign", "Delete block 2"),
    ),
}


@pytest.mark.parametrize("title", CURED)
def test_a_cure_that_stands_in_the_file_is_told_and_works(title: str, tmp_path: Path) -> None:
    content, headline, told = CURED[title]
    report = verified(tmp_path, content, "my site.pem")
    assert (report.edge_status, report.headline) == ("526", headline)
    text, commands = fix_of(report)
    assert text.startswith(told)
    assert "already in this file" in text
    assert not any(word in screen(report) for word in ("certbot", "Reissue", "Fetch"))
    assert commands[1] == f"cf525 verify mended.pem --host {HOST}"
    mended = run(commands, tmp_path)
    assert verified(tmp_path, mended, "mended.pem").edge_status == "ok"


@pytest.mark.parametrize(
    ("private", "told"),
    [
        ("renewed", "The private key that was given is its own."),
        ("old", "The private key that was given is another's: load it with its own."),
    ],
)
def test_whose_the_key_is_that_was_given_is_said(private: str, told: str, tmp_path: Path) -> None:
    old = ISSUER.issue(
        HOST, key=new_key(), not_before=AT - timedelta(90), not_after=AT - timedelta(3)
    )
    chosen = {"renewed": ISSUED, "old": old}[private]
    (tmp_path / "key.pem").write_bytes(chosen.key_pem)
    report = verified(tmp_path, old.pem + LEAF + CHAIN, key=tmp_path / "key.pem")
    found = ("526", "cert-expired") if private == "old" else ("unloadable", "pair-not-loaded")
    assert (report.edge_status, report.headline) == found
    assert told in fix_of(report)[0]


def test_a_leaf_in_second_place_is_not_surely_what_visitors_get(tmp_path: Path) -> None:
    """With its own key no server loads the file."""
    report = verified(tmp_path, CHAIN + LEAF)
    assert (report.edge_status, report.headline) == ("526", "leaf-not-first")
    assert report.confidence == report.findings[0].confidence == Confidence.MEDIUM
    assert "does not load this file" in report.findings[0].confidence_reason


def test_where_the_file_holds_no_cure_the_page_speaks(tmp_path: Path) -> None:
    report = verified(tmp_path, expired().pem + CHAIN)
    assert "certbot renew" in screen(report)
    foreign = Authority("Others").issue(HOST)
    assert "certbot renew" in screen(verified(tmp_path, expired().pem + foreign.pem + CHAIN))


# --- what the first screen says ---------------------------------------------------------------


def test_commands_name_the_file_that_was_given(tmp_path: Path) -> None:
    made = ISSUER.issue(HOST, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    report = verified(tmp_path, made.chain_pem, "my fullchain.pem")
    shown = screen(report)
    assert f"openssl x509 -in '{tmp_path}/my fullchain.pem' -noout" in shown.replace("\\ ", "")
    assert "file names are examples" not in shown


def test_a_reserve_stands_on_the_first_screen(tmp_path: Path) -> None:
    report = verified(tmp_path, ISSUER.issue(HOST, kind="p521").chain_pem)
    assert (report.edge_status, report.confidence) == ("ok", "medium")
    assert f"for {HOST}. [likely] ALSO A P-521 key works only as long as" in screen(report)
    sure = verified(tmp_path, LEAF + CHAIN)
    assert "[likely]" not in screen(sure)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(seconds=30), "ends in less than a minute"),
        (timedelta(minutes=1, seconds=5), "ends in 1 minute"),
        (timedelta(minutes=28), "ends in 28 minutes"),
        (timedelta(hours=1, minutes=50), "ends in 1 hour"),
        (timedelta(hours=23), "ends in 23 hours"),
        (timedelta(hours=47), "ends in 1 day"),
        (timedelta(hours=49), "ends in 2 days"),
    ],
)
def test_what_is_left_is_said_in_a_unit_of_which_there_is_one(
    left: timedelta, told: str, tmp_path: Path
) -> None:
    ends = ISSUED.certificate.not_valid_after_utc
    report = verified(tmp_path, LEAF + CHAIN, at=ends - left)
    titles = [each.title for each in report.findings if each.id == "cert-ends-soon"]
    assert titles == [f"the certificate {told}"]
    assert " 0 days left" not in "\n".join(line.text for line in render(report))


@pytest.mark.parametrize("name", ["*.com", "*.co.uk", "*.com.au"])
def test_no_wildcard_is_proposed_that_no_ca_issues(name: str, tmp_path: Path) -> None:
    host = f"www.pinevalley.{name[2:]}"
    report = verified(tmp_path, ISSUER.issue(name).chain_pem, hosts=(host,))
    assert report.headline == "hostname-mismatch"
    told = [remedy for finding in report.findings for remedy in finding.remedies]
    assert not any(name in f"{each.text} {' '.join(each.commands)}" for each in told)


@pytest.mark.parametrize("domain", ["example.com", "example.co.uk", "abc.de"])
def test_a_wildcard_of_a_domain_is_kept(domain: str, tmp_path: Path) -> None:
    made = ISSUER.issue(f"*.{domain}").chain_pem
    report = verified(tmp_path, made, hosts=(f"a.b.{domain}",))
    assert report.headline == "wildcard-too-short"
    assert f"-d '*.{domain}'" in fix_of(report)[1][0]


@pytest.mark.parametrize("form", ["PKCS#7", "PKCS#12", "DER"])
def test_a_file_that_is_no_pem_says_who_reads_it_and_how_it_becomes_one(
    form: str, tmp_path: Path
) -> None:
    issued = CA.issue(HOST)
    leaf = x509.load_pem_x509_certificate(issued.pem)
    key = load_pem_private_key(issued.key_pem, None)
    assert isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey)
    content = {
        "PKCS#7": serialize_certificates([leaf], Encoding.PEM),
        "PKCS#12": serialize_key_and_certificates(b"site", key, leaf, None, NoEncryption()),
        "DER": leaf.public_bytes(Encoding.DER),
    }[form]
    report = verified(tmp_path, content, "site.bin")
    (told,) = [each for each in report.unknowns if each.id == "file-form"]
    assert report.edge_status == "ok"
    assert told.text.startswith(f"The file is {form}: nginx, Apache, HAProxy and Caddy read PEM")
    command = told.text.partition("For these: ")[2]
    done = subprocess.run(shlex.split(command), cwd=tmp_path, input=b"\n", capture_output=True)
    if form == "PKCS#12":  # it asks for the password, which is none here
        assert "pkcs12 -nodes" in command
    else:
        assert done.returncode == 0, done.stderr
        assert verified(tmp_path, (tmp_path / "fullchain.pem").read_bytes()).edge_status == "ok"


def test_a_pem_of_any_label_servers_know_is_plain(tmp_path: Path) -> None:
    report = verified(tmp_path, CA.issue(HOST).chain_pem)
    assert "file-form" not in {each.id for each in report.unknowns}
