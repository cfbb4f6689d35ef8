"""HAProxy configurations as people write them: healthy ones, tempting ones, broken ones."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.lint.trees import Tree

HEAD = """global
    log stdout format raw local0 notice
    tune.ssl.default-dh-param 2048
    {extra}

defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s

"""
OK = "    http-request return status 200 content-type text/plain string ok\n"


def frontend(bind: str, *lines: str, name: str = "https", rules: str = OK) -> str:
    more = "".join(f"    {line}\n" for line in lines)
    return f"frontend {name}\n    bind {bind}\n{more}{rules}\n"


def tree(
    name: str,
    *sections: str,
    extra: str = "",
    files: Mapping[str, str] = MappingProxyType({}),
    head: str = HEAD,
    **more: Any,
) -> Tree:
    text = head.replace("{extra}", extra) + "".join(sections)
    return Tree(name=name, files={"haproxy.cfg": text, **files}, **more)


SITE = "CERTS/site-all.pem"
HEALTHY = [
    tree("plain", frontend(f"*:PORT ssl crt {SITE}")),
    tree("no star", frontend(f":PORT ssl crt {SITE} alpn h2,http/1.1")),
    tree(
        "switched off beside a lowest version",
        frontend(f":PORT ssl crt {SITE}"),
        extra="ssl-default-bind-options ssl-min-ver TLSv1.3 no-tlsv13",
    ),
    tree(
        "switched off beside a highest version",
        frontend(f":PORT ssl crt {SITE} ssl-max-ver TLSv1.2 no-tlsv12"),
    ),
    tree("two certificates", frontend(f":PORT ssl crt CERTS/other-all.pem crt {SITE}")),
    tree(
        "strict and covered", frontend(f":PORT ssl strict-sni crt CERTS/other-all.pem crt {SITE}")
    ),
    tree("wildcard", frontend(":PORT ssl crt CERTS/other-all.pem crt CERTS/wild-all.pem")),
    tree(
        "crt-list",
        frontend(":PORT ssl crt-list DIR/list.txt"),
        files={
            "list.txt": f"# sites\nCERTS/other-all.pem\n{SITE} [alpn h2,http/1.1] www.example.com\n"
        },
    ),
    tree(
        "crt-list by its own names",
        frontend(":PORT ssl crt-list DIR/list.txt strict-sni"),
        files={"list.txt": f"CERTS/other-all.pem\n{SITE}\n"},
    ),
    tree("crt-base", frontend(":PORT ssl crt site-all.pem"), extra="crt-base CERTS"),
    tree(
        "key beside",
        frontend(":PORT ssl crt DIR/www.pem"),
        files={"x": ""},
        links={"www.pem": "CERTS/site.pem", "www.pem.key": "CERTS/site.key"},
    ),
    tree("tls 1.2 alone", frontend(f":PORT ssl crt {SITE} ssl-max-ver TLSv1.2")),
    tree("tls 1.3 alone", frontend(f":PORT ssl crt {SITE} ssl-min-ver TLSv1.3")),
    tree(
        "mozilla",
        frontend(f":PORT ssl crt {SITE} alpn h2,http/1.1"),
        extra="ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256\n    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384\n    ssl-default-bind-options prefer-client-ciphers no-sslv3 no-tlsv10 no-tlsv11 no-tls-tickets",
    ),
    tree(
        "no suite of 1.2, but 1.3",
        frontend(f":PORT ssl crt {SITE} ciphers DHE-RSA-AES256-GCM-SHA384"),
    ),
    tree(
        "verify optional",
        frontend(f":PORT ssl crt {SITE} verify optional ca-file CERTS/client-ca.pem"),
    ),
    tree(
        "issuers-chain-path",
        frontend(":PORT ssl crt CERTS/leaf-bundle.pem"),
        extra="issuers-chain-path DIR/issuers",
        files={"issuers/.keep": ""},
        links={"issuers/i.pem": "CERTS/intermediate.pem"},
    ),
    tree("listen section", f"listen web\n    bind :PORT ssl crt {SITE}\n{OK}"),
    tree(
        "server verify is not ours",
        frontend(f":PORT ssl crt {SITE}"),
        "backend app\n    server a 127.0.0.1:1 ssl verify required ca-file CERTS/client-ca.pem sni str(x)\n",
    ),
    tree(
        "comments",
        "# bind :PORT ssl strict-sni\n",
        frontend(f":PORT ssl crt {SITE} # accept-proxy"),
    ),
    tree("tabs", frontend(f":PORT ssl crt {SITE}").replace("    ", "\t")),
    tree(
        "folder of certificates",
        frontend(":PORT ssl crt DIR/certs/"),
        files={"certs/.hidden": ""},
        links={"certs/a.pem": "CERTS/other-all.pem", "certs/b.pem": "CERTS/site-all.pem"},
    ),
    tree("default covers", frontend(f":PORT ssl crt {SITE} crt CERTS/other-all.pem")),
    tree(
        "redirect in clear",
        "frontend clear\n    bind :CLEAR\n    redirect scheme https code 301 if !{ ssl_fc }\n\n",
        frontend(f":PORT ssl crt {SITE}"),
    ),
    tree("two binds", frontend(f":CLEAR\n    bind :PORT ssl crt {SITE}")),
    tree("both addresses", frontend(f"127.0.0.1:PORT,127.0.0.2:PORT ssl crt {SITE}")),
    tree("quotes", frontend(f":PORT ssl crt \"{SITE}\" name 'the site'")),
    tree("rsa and ecdsa", frontend(f":PORT ssl crt CERTS/rsa-all.pem crt {SITE}")),
]
BROKEN = [
    tree("no ssl", frontend(f":PORT crt {SITE}"), line="bind :PORT", healed=True),
    tree(
        "no ssl and no crt",
        frontend(":PORT"),
        frontend(":CLEAR ssl crt CERTS/other-all.pem", name="other"),
        line="bind :PORT",
        healed=True,
    ),
    tree(
        "strict without the name",
        frontend(":PORT ssl strict-sni crt CERTS/other-all.pem"),
        line="strict-sni",
        healed=True,
    ),
    tree(
        "default answers",
        frontend(":PORT ssl crt CERTS/other-all.pem"),
        line="other-all.pem",
        healed=True,
    ),
    tree(
        "crt-list filter",
        frontend(":PORT ssl strict-sni crt-list DIR/list.txt"),
        files={"list.txt": f"CERTS/other-all.pem\n{SITE} shop.example.com\n"},
        line="strict-sni",
        healed=True,
    ),
    tree(
        "expired",
        frontend(":PORT ssl crt CERTS/expired-all.pem"),
        line="expired-all.pem",
        healed=True,
    ),
    tree(
        "leaf only",
        frontend(":PORT ssl crt CERTS/leaf-bundle.pem"),
        line="leaf-bundle.pem",
        healed=True,
    ),
    tree(
        "self-signed",
        frontend(":PORT ssl crt CERTS/snakeoil-all.pem"),
        line="snakeoil-all.pem",
        healed=True,
    ),
    tree(
        "accept-proxy",
        frontend(f":PORT ssl crt {SITE} accept-proxy"),
        line="accept-proxy",
        healed=True,
    ),
    tree(
        "expect-proxy",
        frontend(f":PORT ssl crt {SITE}", "tcp-request connection expect-proxy layer4"),
        line="expect-proxy",
        healed=True,
    ),
    tree(
        "verify required",
        frontend(f":PORT ssl crt {SITE} verify required ca-file CERTS/client-ca.pem"),
        line="verify required",
        healed=True,
    ),
    tree(
        "verify required, tls 1.2",
        frontend(
            f":PORT ssl crt {SITE} ssl-max-ver TLSv1.2 verify required ca-file CERTS/client-ca.pem"
        ),
        line="verify required",
        healed=True,
    ),
    tree(
        "old versions",
        frontend(f":PORT ssl crt {SITE} ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.1"),
        line="ssl-max-ver",
        healed=True,
    ),
    tree(
        "old versions in global",
        frontend(f":PORT ssl crt {SITE}"),
        extra="ssl-default-bind-options ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.1",
        line="ssl-default-bind-options",
        healed=True,
    ),
    tree(
        "no suite in common",
        frontend(f":PORT ssl crt {SITE} ssl-max-ver TLSv1.2 ciphers DHE-RSA-AES256-GCM-SHA384"),
        line="ciphers",
        healed=True,
    ),
    tree(
        "rsa suites, ecdsa certificate",
        frontend(f":PORT ssl crt {SITE} ssl-max-ver TLSv1.2"),
        extra="ssl-default-bind-ciphers ECDHE-RSA-AES128-GCM-SHA256",
        line="ssl-default-bind-ciphers",
        healed=True,
    ),
    tree("curves", frontend(f":PORT ssl crt {SITE} curves X448"), line="curves", healed=True),
    tree(
        "no such curve",
        frontend(f":PORT ssl crt {SITE} curves X25519MLKEM768:X25519"),
        line="curves",
        healed=True,
    ),
    tree("missing certificate", frontend(":PORT ssl crt CERTS/nowhere.pem"), line="nowhere.pem"),
    tree("no key", frontend(":PORT ssl crt CERTS/site.pem"), line="site.pem"),
    tree("no crt", frontend(":PORT ssl"), line="bind :PORT ssl"),
    tree("no ca-file", frontend(f":PORT ssl crt {SITE} verify required"), line="verify required"),
    tree("misspelt", frontend(f":PORT ssl crt {SITE} strict_sni"), line="strict_sni"),
    tree(
        "no backend",
        frontend(f":PORT ssl crt {SITE}", "default_backend gone", rules=""),
        line="default_backend",
    ),
    tree(
        "no last newline",
        frontend(f":PORT ssl crt {SITE}").rstrip("\n"),
        line="http-request return",
        healed=True,
    ),
    tree("ed25519", frontend(":PORT ssl crt CERTS/ed-all.pem"), line="ed-all.pem"),
    tree("nothing on the port", frontend(f":CLEAR ssl crt {SITE}")),
    tree(
        "wrong key",
        frontend(":PORT ssl crt DIR/mixed.pem"),
        line="mixed.pem",
        keys=True,
        files={"mixed.pem": "MIXED"},
    ),
]
TREES = [*HEALTHY, *BROKEN]
