"""Which server answers, on which ground, and that a guess decides nothing but an order."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.families import inspection
from cf525.causes.filling import render
from cf525.causes.page import load, page_ids, platform_names
from cf525.causes.settings import has_tls13
from cf525.causes.signs.server import fallback_software, guesses, platform_of, platforms
from cf525.causes.signs.table import known_platforms, signs
from cf525.cli.options.looking import server
from cf525.conclusion.unknowns import RULES, open_questions
from cf525.errors import UsageError
from cf525.model import (
    CertificateFacts,
    Confidence,
    EdgeStatus,
    Ending,
    HttpAnswer,
    NotProbeable,
    Observation,
    Stage,
    Status,
)
from tests.causes.scenarios import TARGET, in_context, route
from tests.causes.test_catalogue import FACTS, HOSTILE
from tests.tls.transcripts import DIRECTORY, Transcript, play

CASE = Case(
    context=Context(target=TARGET),
    route=route(("203.0.113.7", 443)),
    status=EdgeStatus(status=Status("525"), confidence=Confidence.HIGH, reason="test"),
)


def answering(**headers: str) -> Case:
    seen = Observation(
        id="o1", route="r1", profile="cloudflare", variation=None, address="203.0.113.7",
        port=443, sni="www.example.com", started_at=datetime(2026, 1, 1, tzinfo=UTC),
        stage=Stage.APPLICATION_DATA, ending=Ending.DONE,
        http=HttpAnswer(
            status=200,
            headers=tuple((k.replace("_", "-").lower(), v) for k, v in headers.items()),
        ),
    )  # fmt: skip
    return replace(CASE, edge=seen)


@pytest.mark.parametrize(
    ("header", "platform"),
    [
        ("nginx/1.22.1", "nginx"),
        ("openresty", "nginx"),
        ("Apache/2.4.57 (Debian)", "Apache"),
        ("Apache-Coyote/1.1", "Tomcat"),
        ("Caddy", "Caddy"),
        ("Microsoft-IIS/10.0", "IIS"),
        ("istio-envoy", "Istio"),
        ("AmazonS3", "AWS"),
        ("GitHub.com", "GitHub Pages"),
        ("LiteSpeed", "LiteSpeed"),
    ],
)
def test_a_server_header_is_a_ground(header: str, platform: str) -> None:
    (guess, *_) = guesses(answering(server=header))
    assert (guess.platform, guess.ground) == (platform, f"Server: {header}")


def test_other_headers_the_record_and_the_person_are_grounds_too() -> None:
    assert platforms(answering(x_vercel_id="fra1::x")) == ("Vercel",)
    target = replace(CASE, route=replace(CASE.route, accepted_names=("a", "x.herokuapp.com")))
    assert platforms(target) == ("Heroku",)
    assert platforms(in_context(answering(server="nginx"), server="IIS")) == ("IIS", "nginx")
    assert platforms(CASE) == ()


@pytest.mark.parametrize(
    ("name", "software"),
    [
        ("Kubernetes Ingress Controller Fake Certificate", "ingress-nginx"),
        ("TRAEFIK DEFAULT CERT", "Traefik"),
        ("Plesk", "Plesk"),
        ("localhost", "a distribution"),
        ("fritz.box", "FRITZ!Box"),
        ("www.example.com", ""),
        ("my-localhost.example", ""),
    ],
)
def test_a_fallback_certificate_is_known_by_its_whole_name(name: str, software: str) -> None:
    assert fallback_software(CertificateFacts(index=0, sha256="", common_name=name)) == software


def test_a_platforms_domain_is_known_by_whole_labels() -> None:
    assert platform_of("shop.herokuapp.com") == "Heroku"
    assert platform_of("*.github.io") == "GitHub Pages"
    assert platform_of("notherokuapp.com") == ""


@pytest.mark.parametrize(
    ("header", "expected"),
    [("nginx/1.10.3", False), ("nginx/1.22.1", True), ("Apache/2.4.25 (Unix)", False),
     ("nginx", True), ("", True), ("Apache/2.4.57", True)],
)  # fmt: skip
def test_settings_follow_the_servers_version(header: str, expected: bool) -> None:
    assert has_tls13(header) is expected
    lines = [
        line
        for remedy in render("version-too-old", answering(server=header), FACTS, ()).remedies
        for line in remedy.commands
        if line.startswith(("ssl_protocols", "SSLProtocol"))
    ]
    assert lines
    assert all(("TLSv1.3" in line) is expected for line in lines)


@pytest.mark.parametrize("platform", platform_names())
def test_every_page_renders_for_every_platform_that_it_names(platform: str) -> None:
    facts = dict.fromkeys(FACTS, HOSTILE) | {"aop": "none"}
    for id in page_ids():
        if any(each.platform == platform and not each.stop_gap for each in load(id).sections):
            page = render(id, CASE, facts, (platform,))
            assert not page.unfilled
            assert page.remedies[0].platform == platform


@pytest.mark.parametrize("platform", ["quill", "nginx"])
def test_every_page_renders_whatever_was_recognised(platform: str) -> None:
    for id in page_ids():
        facts = dict.fromkeys(FACTS, "www.example.com") | {"aop": "none"}
        page = render(id, CASE, facts, (platform,))
        named = {each.platform for each in page.remedies if not each.stop_gap}
        assert page.remedies[0].platform == platform or platform not in named


@pytest.mark.parametrize("address", ["146.112.61.106", "146.112.61.110"])
def test_a_block_page_is_no_origin(address: str) -> None:
    case = replace(CASE, route=route((address, 443)))
    assert inspection.inspected(case) is not None
    assert inspection.discounted(case).status.status == "unknown"
    assert inspection.discounted(CASE) is CASE


def test_unknowns_say_what_would_settle_them_and_come_only_where_they_apply() -> None:
    for _, unknown in RULES:
        assert unknown.text.endswith(".")
        assert unknown.next.endswith(".")
    assert "past-failures" not in {each.id for each in open_questions([CASE], None)}
    healthy = replace(
        answering(server="nginx"),
        status=EdgeStatus(status=Status("ok"), confidence=Confidence.HIGH, reason="test"),
    )
    everything = {each.id for each in open_questions([healthy], None)}
    assert everything == {"filters-on-cloudflare-addresses", "past-failures"}
    deep = open_questions([in_context(healthy, deep=True)], None)
    assert "past-failures" not in {each.id for each in deep}
    mixed = {each.id for each in open_questions([healthy, answering()], None)}
    assert {"which-address", "idle-connections"} <= mixed
    private = replace(CASE, route=replace(CASE.route, not_probeable=NotProbeable.PRIVATE_NETWORK))
    assert "behind-private-address" in {each.id for each in open_questions([private], None)}


@pytest.mark.parametrize(
    ("written", "platform"),
    [
        ("iis", "IIS"), ("windows", "IIS"), ("Windows Server", "IIS"), ("NGINX", "nginx"),
        ("openresty", "nginx"), ("apache2", "Apache"), ("httpd", "Apache"), ("k8s", "Kubernetes"),
        ("ingress", "ingress-nginx"), ("npm", "Nginx Proxy Manager"), ("traefik", "Traefik"),
        ("caddy2", "Caddy"), ("synology", "Synology"), ("dsm", "Synology"), ("tomcat", "Tomcat"),
        ("node.js", "Node"), (".NET", "Kestrel"), ("fritzbox", "FRITZ!Box"), ("whm", "cPanel"),
        ("hestia", "HestiaCP"), ("aa-panel", "aaPanel"), ("Cloud Panel", "CloudPanel"),
        ("router", "a router"), ("esxi", "VMware"), ("alb", "AWS"), ("swag", "SWAG"),
        ("docker", "Docker"), ("cloudflared", "cloudflared"), ("f5", "BIG-IP"),
    ],
)  # fmt: skip
def test_a_person_may_name_the_server_as_people_do(written: str, platform: str) -> None:
    assert server(written) == platform


def test_everything_that_is_recognised_or_has_a_remedy_is_taken() -> None:
    assert server(None) == ""
    for each in known_platforms().values():
        if not each.unnamed:
            assert server(each.name) == each.name
    for name in platform_names():
        assert server(name) == name


@pytest.mark.parametrize(
    ("written", "hint"),
    [("ngnix", "nginx"), ("trafik", "Traefik"), ("apach", "Apache"), ("quill", "write one of")],
)
def test_a_name_that_is_not_known_brings_those_that_resemble_it(written: str, hint: str) -> None:
    with pytest.raises(UsageError, match="runbook knows") as raised:
        server(written)
    assert hint in (raised.value.hint or "")


def test_a_server_without_lines_of_its_own_is_told_so_and_given_what_holds_for_all() -> None:
    case = in_context(CASE, server="lighttpd")
    for id in page_ids():
        page = render(id, case, FACTS | {"aop": "none"}, platforms(case))
        fixes = [each for each in page.remedies if not each.stop_gap and each.where == "origin"]
        if not fixes:
            continue
        assert fixes[0].platform == "lighttpd"
        if any(each.platform == "lighttpd" for each in load(id).sections):
            continue
        assert "no lines of its own for lighttpd" in fixes[0].text
        neutral = next((each for each in fixes if each.platform == "any"), None)
        if neutral is not None:
            assert fixes[0].parts[1:] == neutral.parts


@pytest.mark.parametrize("id", ["cert-expired", "self-signed", "hostname-mismatch"])
@pytest.mark.parametrize(
    "panel",
    ["CloudPanel", "HestiaCP", "aaPanel", "CyberPanel", "DirectAdmin", "ISPConfig", "Virtualmin",
     "Coolify", "Dokploy", "CapRover", "Dokku", "Nginx Proxy Manager", "SWAG", "Synology"],
)  # fmt: skip
def test_a_panel_has_its_own_place_for_a_certificate(id: str, panel: str) -> None:
    case = in_context(CASE, server=panel)
    (first, *_) = render(id, case, FACTS, platforms(case)).remedies
    assert first.platform == panel
    assert "as for" not in first.text


@pytest.mark.parametrize("id", ["default-vhost-cert", "hostname-mismatch", "self-signed"])
@pytest.mark.parametrize("device", ["FRITZ!Box", "UniFi", "OPNsense", "a router"])
def test_what_mends_a_routers_page_is_a_forwarding_and_no_certificate(id: str, device: str) -> None:
    (first, *_) = render(id, CASE, FACTS, (device,)).remedies
    assert first.platform == device
    assert "Forward port 443 to the web server" in first.text


def test_a_product_lends_the_lines_of_what_it_is_built_on() -> None:
    case = in_context(CASE, server="Pangolin")
    page = render("sni-rejected-80", case, FACTS, platforms(case))
    (first, *others) = page.remedies
    lent = next(each for each in others if each.platform == "Traefik")
    assert first.platform == "Pangolin"
    assert "as for Traefik" in first.text
    assert first.parts[1:] == lent.parts
    unasked = render("sni-rejected-80", CASE, FACTS, ("quill",))
    assert all(each.platform != "quill" for each in unasked.remedies)
    assert unasked.remedies[0].neutral


@pytest.mark.parametrize(
    ("page", "platform"),
    [
        ("<hr><center>nginx/1.22.1</center>", "nginx"),
        ("<address>Apache Server at www.example.com Port 443</address>", "Apache"),
        ("No server is available to handle this request.\n</body></html>\n", "HAProxy"),
        ("<h3>Apache Tomcat/10.1.6 (Debian)</h3></body></html>", "Tomcat"),
        ("<h2>Bad Request - Invalid Hostname</h2>", "IIS"),
        ("<pre>Cannot GET /</pre>", "Node"),
        ("404 page not found\n", "Go"),
    ],
)
def test_a_server_is_known_by_its_error_page(page: str, platform: str) -> None:
    seen = answering().edge
    assert seen is not None
    answer = HttpAnswer(status=503, body_head=page.encode())
    (guess,) = guesses(replace(CASE, edge=replace(seen, http=answer)))
    assert (guess.platform, guess.ground) == (platform, "its error page")


@pytest.mark.parametrize(
    ("recording", "platform"),
    [
        ("go-3des", "Go"),
        ("go-tls10-rsa", "Go"),
        ("java-tls12", "Java"),
        ("java-3des", "Java"),
        ("nginx-tls12", None),
        ("openssl-tls11-rsa", None),
        ("go-tls13", None),  # every library answers alike there
    ],
)
def test_a_library_is_known_by_the_order_of_its_extensions(
    recording: str, platform: str | None
) -> None:
    client, _ = play(Transcript.load(DIRECTORY / f"{recording}.json"))
    seen = answering().edge
    assert seen is not None
    hello = client.handshake().server_hello
    assert hello is not None
    case = replace(CASE, edge=replace(seen, http=None, server_hello=hello))
    assert [each.platform for each in guesses(case)] == ([platform] if platform else [])


@pytest.mark.parametrize("kind", ["subject", "issuer", "issuer_default"])
def test_what_fits_a_pattern_begins_as_its_start_says(kind: str) -> None:
    for sign in signs(kind):
        for pattern, start in zip(sign.patterns, sign.starts, strict=True):
            tree = re._parser.parse(pattern.pattern, re.IGNORECASE)
            begun = list(tree)[: len(start)]
            assert [chr(value).lower() for kind, value in begun if str(kind) == "LITERAL"] == [
                *start
            ], pattern.pattern
