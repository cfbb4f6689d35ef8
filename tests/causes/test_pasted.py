"""Lines that people paste: who speaks, what is said, and that nothing is made of what is unknown.

``pasted/known.tsv`` was there while the table was written, ``unseen.tsv`` was put aside and looked
at once, when it was done; the lines of ``field.tsv`` are of a kind that people posted, those of
``programs.tsv`` such as programs write them, half of them put aside in the same way. Each row: what
a line says, several where more than one reading is right, ``none`` for one that must be declined;
behind an ``@`` who speaks.
"""

from pathlib import Path

import pytest

from cf525.causes.explain import explain, nearest
from cf525.causes.signs.messages import Reading, Said, messages, read, speakers

PASTED = Path(__file__).parent / "pasted"


def rows() -> list[tuple[str, str]]:
    found = []
    for name in ("known", "unseen", "field", "programs", "directions"):
        for row in (PASTED / f"{name}.tsv").read_text("utf-8").splitlines():
            wanted, _, line = row.partition("\t")
            found.append((line, wanted))
    return found


def name(said: Said) -> str:
    if said.alert is not None:
        return f"alert-{said.alert}"
    return f"status-{said.status}" if said.status else said.id


def told(reading: Reading) -> str:
    """The first thing that is said, and by whom where that is not the reader's own client."""
    if not reading.said:
        return "none"
    first = name(reading.said[0])
    speaker = reading.speaker
    if reading.from_client and first.startswith("alert"):
        return f"{first}@server"
    other = speaker is not None and speaker.hop not in ("client", "visitor")
    return f"{first}@{speaker.id}" if speaker is not None and other else first


def spelled(wanted: str) -> str:
    if wanted.endswith("@server") and not wanted.startswith("alert"):
        return wanted.removesuffix("@server")
    return wanted.replace("@health-check", "@check")


@pytest.mark.parametrize(("line", "wanted"), rows(), ids=[row[0][:60] for row in rows()])
def test_a_line_says_what_it_says_and_nothing_else(line: str, wanted: str) -> None:
    readings = [spelled(each) for each in wanted.split(" ")]
    if "health-check" in readings:
        readings.append("health-check@check")
    assert told(read(line)) in readings
    assert (explain(line) is None) is (told(read(line)) == "none")


TUNNEL = (
    'ERR error="Unable to reach the origin service. The service may be down or it may not be '
    "responding to traffic from cloudflared: "
)
FIELD: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = [
    ("Error 526 Ray ID: 9f00aa11bb22cc33 • 2026-05-20 00:41:05 UTC", "status-526", (), ("# 526 ",)),
    (
        "SSL handshake failed Error code 525 Visit cloudflare.com for more information.",
        "status-525", (), ("# 525 ",),
    ),
    ("AxiosError: Request failed with status code 526", "status-526", (), ("# 526 ",)),
    ("Unexpected server response: 525", "status-525", (), ("# 525 ",)),
    ("HTTP/2 525", "status-525", (), ("# 525 ",)),
    (
        ('{"type":"https://developers.cloudflare.com/support/troubleshooting/http-status-codes/'
        'cloudflare-5xx-errors/error-526/","title":"Error 526: Invalid SSL certificate",'
        '"status":526}'),
        "status-526", (), ("# 526 ",),
    ),
    (
        "Error 1002 DNS points to Prohibited IP", "status-1002",
        ("private-address", "points-to-cloudflare"), ("CNAME record of the very name",),
    ),
    (
        (f'{TUNNEL}dial tcp 127.0.0.1:443: connect: connection refused" '
        "originService=https://127.0.0.1:443"),
        "tunnel-service-refused@tunnel", ("tunnel",),
        ("from where cloudflared runs", "No certificate is involved"),
    ),
    (
        (f'{TUNNEL}dial tcp: lookup traefik on 127.0.0.11:53: no such host" '
        "originService=https://traefik:443"),
        "tunnel-service-unknown@tunnel", ("tunnel",), ("another Docker network",),
    ),
    (
        f'{TUNNEL}EOF" connIndex=1 event=1 ingressRule=0 originService=http://app:443',
        "tunnel-http-to-tls@tunnel", ("tunnel",), ("http:// of a port where TLS is usual",),
    ),
    (
        (f"{TUNNEL}x509: certificate is not valid for any names, but wanted to match "
        'www.example.com" originService=https://192.0.2.10:443'),
        "cert-cn-only@tunnel", ("tunnel", "cn-only", "hostname-mismatch"),
        ("originServerName of cloudflared does, is no cure",),
    ),
    (
        ("upstream connect error or disconnect/reset before headers. retried and the latest reset "
        "reason: remote connection failure, transport failure reason: TLS_error:|268435581:SSL "
        "routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end"),
        "cert-refused@upstream", (), ("502, 503 or 504 and not 525 or 526",),
    ),
    (
        ("2026/10/03 01:40:37 http: TLS handshake error from 172.68.1.2:40110: tls: no "
        "certificates configured"),
        "no-certificate-loaded", ("sni-rejected-80",), ("no certificate at all",),
    ),
    (
        ('2026/11/28 08:00:00 [error] 21#21: *7 no "ssl_certificate" is defined in server '
        "listening on SSL port while SSL handshaking, client: 172.70.1.2, server: 0.0.0.0:443"),
        "no-certificate-loaded", (), ("every handshake to it ends",),
    ),
    (
        "failed to load X509 key pair: tls: failed to find any PEM data in certificate input",
        "certificate-file-unreadable", (), ("the key in place of the certificate, DER",),
    ),
    (
        "tls: private key does not match public key", "key-mismatch", ("key-cert-mismatch",),
        ("go on with the old certificate or none",),
    ),
    (
        ("[ALERT] : config : parsing [/usr/local/etc/haproxy.conf:73] : 'bind 192.0.2.3:443' in "
        "section 'frontend' : 'crt-list' : error processing line 1 in file "
        "'/tmp/haproxy/ssl/a.certlist' : '/tmp/haproxy/ssl/b.pem' has an OCSP URI and OCSP "
        "auto-update is set to 'on' but an error occurred (maybe the issuer could not be found)'."),
        "ocsp-update-refuses-start", (), ("Switch ocsp-update off", "append the issuer"),
    ),
    (
        ("[info] 1234#1234: *5 SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no "
        "shared cipher) while SSL handshaking, client: 172.71.1.1, server: 0.0.0.0:443"),
        "no-shared-cipher", ("no-common-cipher", "ecdsa-cert-rsa-ciphers"), ("server refuses",),
    ),
    (
        ("acme: authorization error for www.example.com: 403 urn:ietf:params:acme:error:"
        'unauthorized: Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge'),
        "acme-tls-alpn", ("tls-alpn-01-through-proxy",), ("can never succeed behind the proxy",),
    ),
    (
        ('time="2026-06-16T10:00:00Z" level=debug msg="http: TLS handshake error from '
        '172.70.0.1:40000: strict SNI enabled - No certificate found for domain: '
        '\\"www.example.com\\", closing connection"'),
        "no-certificate-for-name", ("sni-rejected-other",), ("sniStrict",),
    ),
    (
        ("System.NotSupportedException: The server mode SSL must use a certificate with the "
        "associated private key."),
        "certificate-without-key", (), ("without its private key",),
    ),
    (
        ("The SSL server credential's certificate does not have a private key information property "
        "attached to it. Schannel 36870"),
        "certificate-without-key", (), ("import the PFX with its key into the store of the mach",),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "wanted", "causes", "words"), FIELD, ids=[row[0][:60] for row in FIELD]
)
def test_a_line_from_the_field_is_answered(
    line: str, wanted: str, causes: tuple[str, ...], words: tuple[str, ...]
) -> None:
    reading = read(line)
    assert told(reading) == wanted
    assert len(reading.said) == 1
    answer = explain(line) or ""
    shown = [each.split("**")[1] for each in answer.splitlines() if each.startswith("- **")]
    assert tuple(shown[: len(causes)]) == causes
    for each in words:
        assert each in answer


def test_several_faults_of_one_line_are_told_in_its_order() -> None:
    line = (
        "AH01909: www.example.com:443:0 server certificate does NOT include an ID which matches "
        "the server name; (98)Address already in use: AH00072: make_sock"
    )
    assert [name(each) for each in read(line).said] == ["cert-name", "port-taken"]
    turned = "; ".join(reversed(line.split("; ")))
    assert [name(each) for each in read(turned).said] == ["port-taken", "cert-name"]


def test_a_reason_in_brackets_comes_before_the_sentence_around_it() -> None:
    (bare,) = read("SSL_do_handshake() failed while SSL handshaking, client: 192.0.2.5").said
    assert name(bare) == "handshake-failed"
    (reason,) = read("SSL_do_handshake() failed (SSL: no shared cipher) while SSL handshaking").said
    assert name(reason) == "no-shared-cipher"


def test_the_same_alert_means_the_other_thing_where_a_client_sent_it() -> None:
    sent = "SSL routines::tlsv1 alert unknown ca:SSL alert number 48"
    logged = f"SSL_do_handshake() failed (SSL: {sent}) while SSL handshaking, client: 192.0.2.5"
    assert "**aop-wrong-ca-at-origin**" in (explain(sent) or "")
    answer = explain(logged) or ""
    assert "the client that ends the handshake" in answer
    assert "**aop-wrong-ca-at-origin**" not in answer


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("error:0A000458:lib(20)::reason(1112)", 112),
        ("error:14094410:lib(20):func(148):reason(1040)", 40),
        ("TLS_error:|268436504:SSL routines::reason:TLS_error_end", 48),
        ("* TLSv1.2 (IN), TLS alert, access denied (561):", 49),
        ("Received alert [40]: Handshake failed", 40),
    ],
)
def test_an_alert_is_read_from_its_number_alone(line: str, number: int) -> None:
    assert [each.alert for each in read(line).said] == [number]


def test_the_fault_of_another_connection_is_no_cause_of_a_525() -> None:
    inner = "SSL_do_handshake() failed (SSL: no shared cipher) while SSL handshaking to upstream"
    assert "- **" not in (explain(inner) or "")
    assert "its own upstream" in (explain(inner) or "")


def test_what_is_declined_is_not_likened_to_causes() -> None:
    for line, wanted in rows():
        if wanted == "none" and len(line.split()) > 4:
            assert nearest(line) == [], line


def test_every_row_has_a_name_and_words() -> None:
    ids = {each.id for each in messages()}
    for each in messages():
        assert each.causes or each.mend
        assert each.meaning.endswith(".")
        assert not each.speaker or each.speaker in {one.id for one in speakers()}
        for one in each.over:
            assert one.endswith("*") or one in ids | {"alert", "status"}


GO = "http: TLS handshake error from 172.69.1.4:18000: "


@pytest.mark.parametrize(
    ("line", "said", "unsaid"),
    [
        (f"{GO}EOF", "The client left", "closed-after-hello"),
        (f"{GO}read: connection reset by peer", "this server did not refuse", "sni-reset"),
        (f"{GO}tls: first record does not look like a TLS handshake", "This server speaks TLS",
         "no-tls-on-443"),
        ("tls: first record does not look like a TLS handshake", "no-tls-on-443", "This server"),
        ("Get https://www.example.com: EOF", "closed-after-hello", "The client left"),
        ("AH02217: ssl_stapling_init_cert: can't retrieve issuer certificate!",
         "incomplete-chain", "explains no 525"),
        ("NET::ERR_CERT_COMMON_NAME_INVALID", "edge-certificate", "default server"),
        ("imap-login: SSL_accept() failed: sslv3 alert certificate unknown",
         "no edge takes part", "client-cert-required"),
        ("failed to call webhook: x509: certificate signed by unknown authority",
         "caBundle", "origin-ca-on-grey-host"),
        ("stunnel: LOG3[12]: SSL_connect: certificate verify failed",
         "the client here", "untrusted-issuer"),
        ("Traefik: the router app@docker uses a nonexistent certificate resolver: le",
         "static configuration", "mode 600"),
        ("Waiting for HTTP-01 challenge propagation: wrong status code '526', expected '200'",
         "A circle", "# 526"),
        ("javax.net.ssl.SSLHandshakeException: no cipher suites in common",
         "no-certificate-loaded", "The client left"),
    ],
)  # fmt: skip
def test_who_wrote_a_line_decides_what_it_tells(line: str, said: str, unsaid: str) -> None:
    text = explain(line)
    assert text is not None
    assert said in text
    assert unsaid not in text


def test_a_row_of_a_speaker_has_the_patterns_of_everybodys() -> None:
    everybodys = {each.id: each for each in messages() if not each.speaker}
    own = [each for each in messages() if each.speaker == "server" and each.id in everybodys]
    assert {each.id for each in own} >= {"closed", "reset", "timeout", "not-tls", "tls-broken"}
    for each in own:
        assert each.meaning != everybodys[each.id].meaning
