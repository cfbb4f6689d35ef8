"""In Flexible the edge asks in clear, and what files say of that; words that only OpenSSL knows."""

import pytest

from cf525.servers.foretold import Foretold
from cf525.servers.library import Given
from cf525.servers.openssl import read_groups, read_schemes, read_suites13
from cf525.servers.question import Question
from cf525.servers.registry import KINDS, recognised

FLEXIBLE = Question(host="www.example.com", mode="flexible")
MAIN = "/etc/main"


def judged(kind: str, text: str, question: Question = FLEXIBLE) -> Foretold:
    return KINDS[kind].judge(Given({MAIN: text}), (MAIN,), question)


HOST = "<VirtualHost *:80>\nServerName www.example.com\n{}\n</VirtualHost>\n"
LOOPS = [
    ("apache", "Listen 80\n" + HOST.format("Redirect permanent / https://www.example.com/")),
    ("apache", "Listen 80\n" + HOST.format("RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [R]")),
    ("haproxy", "frontend a\n mode http\n bind :80\n http-request redirect scheme https\n"),
    ("haproxy", "frontend a\n mode http\n bind :80\n redirect scheme https if !{ ssl_fc }\n"),
    ("traefik", "entryPoints:\n  web:\n    address: ':80'\n    http:\n      redirections:\n        "
     "entryPoint:\n          to: websecure\nhttp:\n  routers:\n    a:\n      rule: Host(`x`)\n"),
    ("caddy", '{"apps": {"http": {"servers": {"a": {"listen": [":443"], "routes": '
     '[{"match": [{"host": ["www.example.com"]}]}]}}}}}'),
    ("nginx", "http { server { listen 80; location / { rewrite ^ https://$host$uri; } } }"),
]  # fmt: skip
CLEAR = [
    ("apache", "Listen 80\n" + HOST.format("DocumentRoot /var/www")),
    ("apache", "Listen 80\n" + HOST.format(
        "RewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteRule ^ https://%{SERVER_NAME}/ [R]")),
    ("haproxy", "frontend a\n mode http\n bind :80\n default_backend b\nbackend b\n server x y:1\n"),
    ("haproxy", "frontend a\n mode http\n bind :80\n redirect scheme https unless "
     "{ hdr(X-Forwarded-Proto) https }\n"),
    ("nginx", "http { server { listen 80; location / { return 200 ok; } } }"),
    ("caddy", '{"apps": {"http": {"servers": {"a": {"listen": [":80"]}}}}}'),
    ("envoy", "static_resources:\n  listeners:\n  - address: {socket_address: {port_value: 80}}\n"),
    ("iis", '<site name="a"><bindings><binding protocol="http" bindingInformation="*:80:"/>'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), LOOPS)
def test_a_redirect_to_https_loops_in_flexible(kind: str, text: str) -> None:
    found = judged(kind, text).decisive
    assert found is not None
    assert found.cause == "flexible-redirect-loop"
    assert found.places or kind == "caddy"


@pytest.mark.parametrize(("kind", "text"), CLEAR)
def test_an_answer_in_clear_is_enough_for_flexible(kind: str, text: str) -> None:
    found = judged(kind, text)
    assert found.decisive is None
    assert found.plain


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("nginx", "http { server { listen 8080; } }"),
        ("apache", "ServerRoot /etc\nListen 8080\n"),
        ("haproxy", "frontend a\n bind :8443 ssl crt x\n"),
        ("caddy", '{"apps": {"http": {"servers": {}}}}'),
        ("envoy", "static_resources: {listeners: []}\n"),
        ("iis", '<site name="a"><bindings><binding bindingInformation="*:81:"/></bindings>'),
        ("kubernetes", "apiVersion: v1\nkind: Gateway\nspec: {listeners: []}\n"),
    ],
)
def test_nothing_on_the_port_is_likely_and_never_sure(kind: str, text: str) -> None:
    found = judged(kind, text, Question(host="www.example.com")).decisive
    assert found is not None
    assert (found.status, found.confidence) == ("521", "medium")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("traefik", "entryPoints: {}\n"),
        ("kubernetes", "apiVersion: v1\nkind: Secret\n"),
        ("cloudflared", "tunnel: x\n"),
        ("haproxy", "defaults\n timeout client 1s\n"),
        ("nginx", "events {}\n"),
    ],
)
def test_files_without_anything_to_judge_tell_nothing(kind: str, text: str) -> None:
    found = judged(kind, text, Question(host="www.example.com"))
    assert not found.told
    assert found.doubts or kind == "nginx"


def test_a_service_in_clear_on_the_port_of_tls_is_told() -> None:
    text = "ingress:\n- hostname: www.example.com\n  service: http://localhost:443\n- service: x\n"
    found = judged("cloudflared", text, Question(host="www.example.com")).decisive
    assert found is not None
    assert found.cause == "tunnel-origin-tls"


def test_passthrough_is_not_judged() -> None:
    text = "tcp:\n  routers:\n    a:\n      rule: HostSNI(`www.example.com`)\n      tls:\n        passthrough: true\n"
    assert not judged("traefik", text, Question(host="www.example.com")).told
    gateway = "apiVersion: v1\nkind: Gateway\nspec:\n  listeners:\n  - {name: a, port: 443, protocol: TLS, tls: {mode: Passthrough}}\n"
    assert not judged("kubernetes", gateway, Question(host="www.example.com")).told
    clear = gateway.replace("protocol: TLS", "protocol: HTTP")
    found = judged("kubernetes", clear, Question(host="www.example.com")).decisive
    assert found is not None
    assert found.cause == "no-tls-on-443"


def test_openssls_words_for_groups_and_signatures() -> None:
    assert read_groups("X25519:P-256/secp384r1") == ((0x1D, 0x17, 0x18), (), ())
    assert read_groups("?X25519MLKEM768:X25519")[1] == ()
    assert read_groups("X25519MLKEM768:X25519")[1] == ("X25519MLKEM768",)
    assert read_groups("nonsense")[2] == ("nonsense",)
    assert read_schemes("ECDSA+SHA256:rsa_pss_rsae_sha256") == (0x0403, 0x0804)
    assert read_schemes("RSA+NONSENSE") is None
    assert read_suites13("TLS_AES_128_GCM_SHA256:NONSENSE") == (0x1301,)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("server {\n listen 443 ssl;\n}\n", "nginx"),
        ("<VirtualHost *:443>\n</VirtualHost>\n", "apache"),
        ("frontend a\n bind :443\n", "haproxy"),
        ('{"apps": {"http": {}}}', "caddy"),
        ("entryPoints:\n  web: {}\n", "traefik"),
        ("apiVersion: v1\nkind: Ingress\n", "kubernetes"),
        ("ingress:\n  - service: http_status:404\n", "cloudflared"),
        ("static_resources:\n  listeners: []\n", "envoy"),
        ("    Certificate Hash   : 00\n", "iis"),
        ("VirtualHost configuration:\n", "apache"),
        ("Dear all\n", ""),
    ],
)
def test_a_text_is_known_by_its_language(text: str, kind: str) -> None:
    assert recognised(text) == kind


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("^/static/", True),
        ("\\\\.(jpg|png)$", True),
        ("(?=x)", True),  # cannot be evaluated
        ("", False),
        ("/", False),
        (".*", False),
    ],
)
def test_a_rule_for_a_path_takes_the_root_only_where_it_matches(path: str, fault: bool) -> None:
    """The second rule is the site's, and its service cannot be verified."""
    text = (
        "ingress:\n"
        f'  - hostname: www.example.com\n    path: "{path}"\n    service: http://localhost:8080\n'
        "  - hostname: '*.example.com'\n    service: https://localhost:8443\n"
        "  - service: http_status:404\n"
    )
    found = judged("cloudflared", text, Question(host="www.example.com"))
    assert (found.decisive is not None) is fault
    assert any("path" in each for each in found.doubts) is fault
    if found.decisive is not None:
        assert found.decisive.places[0].line == 6
