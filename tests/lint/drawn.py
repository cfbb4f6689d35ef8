"""Configurations made at random from a seed: what a person might combine, sense or none.

Half of what is drawn is usual, so that most of them come as far as the certificate.
"""

import random

from tests.lint import apache_trees, haproxy_trees, nginx_trees
from tests.lint.trees import Tree

CERTS = (
    "site",
    "site",
    "site",
    "rsa",
    "wild",
    "other",
    "apex",
    "expired",
    "p384",
    "ed",
    "snakeoil",
)
NAMES = (
    "www.example.com",
    "example.com",
    "*.example.com",
    "shop.example.com",
    "other.example.net",
    "_",
)
CIPHERS = (
    "HIGH:!aNULL:!MD5", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "DHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "AES128-SHA:AES256-SHA",
    "ALL:!kRSA", "EECDH+AESGCM:EDH+AESGCM", "kRSA+AES128", "DEFAULT:@SECLEVEL=0",
    "HIGH:!ECDHE", "ECDHE+AES:!SHA", "HIGH:!ECDSA", "TLSv1.2:!AESGCM",
)  # fmt: skip
CURVES = (
    "X25519",
    "prime256v1:secp384r1",
    "secp521r1",
    "X448",
    "X448:secp384r1",
    "brainpoolP256r1",
)
VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def _some(draw: random.Random, *lines: str, share: float = 0.25) -> list[str]:
    return [each for each in lines if draw.random() < share]


def _versions(draw: random.Random) -> list[str]:
    low = draw.choice((0, 1, 2, 2, 2, 3))
    high = draw.choice((1, 2, 3, 3, 3))
    return list(VERSIONS[min(low, high) : max(low, high) + 1])


def nginx(seed: int) -> Tree:
    """One to four servers on one or two sockets."""
    draw = random.Random(seed)
    listens = ["PORT", "127.0.0.1:PORT", "127.0.0.2:PORT", "[::]:PORT"]
    servers = []
    defaults: set[str] = set()
    for _ in range(draw.randint(1, 4)):
        at = draw.choice(listens[:1] * 5 + listens)
        flag = " default_server" if draw.random() < 0.25 and at not in defaults else ""
        if flag:
            defaults.add(at)
        ssl = " ssl" if draw.random() < 0.93 else ""
        lines = _some(
            draw,
            f"ssl_protocols {' '.join(_versions(draw))};",
            f"ssl_ciphers {draw.choice(CIPHERS)};",
            share=0.35,
        )
        lines += _some(draw, f"ssl_ecdh_curve {draw.choice(CURVES)};", share=0.15)
        lines += _some(draw, "ssl_reject_handshake on;", share=0.06)
        verify = draw.choice(("on", "optional", "off"))
        ca = f"ssl_client_certificate CERTS/client-ca.pem; ssl_verify_client {verify};"
        lines += _some(draw, ca, share=0.1)
        servers.append(
            nginx_trees.server(
                *lines,
                listen=f"{at}{ssl}{flag}",
                name=draw.choice(NAMES),
                cert=draw.choice(CERTS),
            )
        )
    return nginx_trees.tree(f"nginx {seed}", *servers)


def apache(seed: int) -> Tree:
    """One to three virtual hosts."""
    draw = random.Random(seed)
    hosts = []
    for _ in range(draw.randint(1, 3)):
        signs = " ".join(f"+{each}" for each in _versions(draw))
        lines = _some(draw, f"SSLProtocol -all {signs}", f"SSLCipherSuite {draw.choice(CIPHERS)}")
        lines += _some(draw, f"SSLOpenSSLConfCmd Curves {draw.choice(CURVES)}", share=0.15)
        verify = draw.choice(("require", "optional", "none"))
        ca = f"SSLCACertificateFile CERTS/client-ca.pem\nSSLVerifyClient {verify}"
        lines += _some(draw, ca, share=0.1)
        lines += _some(draw, f"ServerAlias {draw.choice(NAMES[:4])}", share=0.2)
        engine = draw.choice(("SSLEngine on",) * 12 + ("SSLEngine off", ""))
        hosts.append(
            apache_trees.vhost(
                *lines,
                name=draw.choice(NAMES[:5]),
                cert=draw.choice(CERTS),
                at=draw.choice(("*:PORT",) * 5 + ("127.0.0.1:PORT", "_default_:PORT")),
                engine=engine,
            )
        )
    return apache_trees.tree(f"apache {seed}", *hosts)


def haproxy(seed: int) -> Tree:
    """One bind with up to three certificates."""
    draw = random.Random(seed)
    words = [f"crt CERTS/{draw.choice(CERTS)}-all.pem" for _ in range(draw.randint(1, 3))]
    words += ["ssl"] if draw.random() < 0.95 else []
    words += _some(draw, "strict-sni", f"ciphers {draw.choice(CIPHERS)}", share=0.3)
    words += _some(draw, f"curves {draw.choice(CURVES)}", "accept-proxy", share=0.08)
    low, high = sorted(draw.choices(range(4), k=2))
    names = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    words += _some(draw, f"ssl-min-ver {names[low]} ssl-max-ver {names[high]}", share=0.35)
    verify = draw.choice(("required", "optional"))
    words += _some(draw, f"verify {verify} ca-file CERTS/client-ca.pem", share=0.12)
    extra = _some(draw, f"ssl-default-bind-ciphers {draw.choice(CIPHERS)}", share=0.2)
    bind = f"*:PORT {' '.join(words)}"
    return haproxy_trees.tree(
        f"haproxy {seed}", haproxy_trees.frontend(bind), extra=extra[0] if extra else ""
    )
