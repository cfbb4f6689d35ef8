"""Traefik's static and dynamic files as people write them: healthy, tempting and broken ones."""

from typing import Any

from tests.lint.trees import Tree

STATIC = """log:
  level: DEBUG
entryPoints:
  web:
    address: "127.0.0.1:CLEAR"
  websecure:
    address: "127.0.0.1:PORT"
providers:
  file:
    filename: DIR/dynamic.yml
"""
ROUTER = """http:
  routers:
    site:
      rule: Host(`www.example.com`)
      entryPoints: [websecure]
      service: app
      tls: {}
  services:
    app:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:9
"""


def certificates(*names: str) -> str:
    pairs = "".join(
        f"    - certFile: CERTS/{each}.pem\n      keyFile: CERTS/{each.removesuffix('-leaf')}.key\n"
        for each in names
    )
    return f"tls:\n  certificates:\n{pairs}"


def options(*lines: str, name: str = "default") -> str:
    return f"  options:\n    {name}:\n" + "".join(f"      {line}\n" for line in lines)


def tree(name: str, dynamic: str, *, static: str = STATIC, **more: Any) -> Tree:
    return Tree(name=name, files={"traefik.yml": static, "dynamic.yml": dynamic}, **more)


SITE = ROUTER + certificates("site")
TLS12 = ("minVersion: VersionTLS12", "maxVersion: VersionTLS12")
RSA = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
DEFAULT = "  stores:\n    default:\n      defaultCertificate:\n        certFile: CERTS/{0}.pem\n        keyFile: CERTS/{0}.key\n"

TREES = [
    tree("plain", SITE),
    tree("wildcard beside another", ROUTER + certificates("other", "wild")),
    tree("wildcard and exact", ROUTER + certificates("wild", "site")),
    tree("expired wildcard beside exact", ROUTER + certificates("site", "other")),
    tree("default store", ROUTER + certificates("other") + DEFAULT.format("site")),
    tree("router of another name", SITE.replace("Host(`www.", "Host(`shop.")),
    tree("tls 1.2 alone", SITE + options(*TLS12)),
    tree("options that no router takes", SITE + options("maxVersion: VersionTLS11", name="old")),
    tree("strict and covered", SITE + options("sniStrict: true")),
    tree("router without tls", SITE.replace("      tls: {}\n", "")),
    tree("certificates that share a name", ROUTER + certificates("rsa", "site", "expired")),
    tree("no certificate", ROUTER, line="Host("),
    tree("other certificate", ROUTER + certificates("other"), line="Host(", healed=True),
    tree("leaf only", ROUTER + certificates("site-leaf"), line="site-leaf.pem", healed=True),
    tree("expired", ROUTER + certificates("expired"), line="expired.pem", healed=True),
    tree("missing file", ROUTER + certificates("nowhere"), healed=True),
    tree("strict sni", ROUTER + certificates("other") + options("sniStrict: true"),
         line="sniStrict", healed=True),
    tree("suites in lines", SITE + options(*TLS12, "cipherSuites:", f"  - {RSA}"),
         line="cipherSuites", healed=True),
    tree("suites in brackets", SITE + options(*TLS12, f"cipherSuites: [{RSA}]"),
         line="cipherSuites", healed=True),
    tree("suites of the router's options",
         SITE.replace("tls: {}", "tls:\n        options: old")
         + options(*TLS12, f'cipherSuites: ["{RSA}"]', name="old"),
         line="cipherSuites", healed=True),
    tree("client certificate",
         SITE + options("clientAuth:", "  caFiles: [CERTS/client-ca.pem]",
                        "  clientAuthType: RequireAndVerifyClientCert"),
         line="clientAuthType", healed=True),
    Tree(
        name="folder of files",
        files={
            "traefik.yml": STATIC.replace("filename: DIR/dynamic.yml", "directory: DIR/dynamic"),
            "dynamic/routers.yml": ROUTER,
            "dynamic/tls/certificates.yaml": certificates("site"),
        },
    ),
]  # fmt: skip
