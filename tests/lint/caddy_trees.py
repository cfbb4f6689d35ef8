"""Caddyfiles as people write them: healthy ones, tempting ones, broken ones."""

from typing import Any

from tests.lint.trees import Tree

HEAD = "{\n    admin off\n    skip_install_trust\n    storage file_system DIR/data\n    http_port CLEAR\n    https_port PORT\n}\n"
SITE = "https://www.example.com:PORT {\n    tls CERTS/site.pem CERTS/site.key\n    respond ok\n}\n"


def tree(name: str, *sites: str, head: str = HEAD, **more: Any) -> Tree:
    return Tree(name=name, files={"Caddyfile": head + "".join(sites)}, **more)


def site(name: str = "www.example.com", *lines: str, cert: str = "site") -> str:
    tls = f"    tls CERTS/{cert}.pem CERTS/{cert}.key" if cert else ""
    if lines:
        tls += " {\n" + "".join(f"        {line}\n" for line in lines) + "    }"
    return f"https://{name}:PORT {{\n{tls}\n    respond ok\n}}\n"


TREES = [
    tree("plain", site()),
    tree("two sites", site("other.example.net", cert="other"), site()),
    tree("wildcard certificate of another site", site("shop.example.com", cert="wild")),
    tree("wildcard site", site("*.example.com", cert="wild")),
    tree("tls 1.2 alone", site("www.example.com", "protocols tls1.2 tls1.2")),
    tree("tls 1.3 alone", site("www.example.com", "protocols tls1.3")),
    tree("curves", site("www.example.com", "curves secp384r1")),
    tree(
        "ciphers",
        site(
            "www.example.com",
            "protocols tls1.2 tls1.2",
            "ciphers TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ),
    ),
    tree(
        "its own CA by a snippet",
        site("example.com"),
        "(common) {\n    tls internal\n}\n",
        "https://www.example.com:PORT {\n    import common\n    respond ok\n}\n",
        line="tls internal",
    ),
    tree("comment", "# https://www.example.com:PORT\n" + site()),
    tree("name of no site", site("other.example.net", cert="other"), line="other.example.net"),
    tree("apex only", site("example.com", cert="apex"), line="example.com", healed=True),
    tree(
        "rsa suites",
        site(
            "www.example.com",
            "protocols tls1.2 tls1.2",
            "ciphers TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
        line="ciphers",
        healed=True,
    ),
    tree(
        "client certificate",
        site(
            "www.example.com",
            "client_auth {",
            "    mode require_and_verify",
            "    trusted_ca_cert_file CERTS/client-ca.pem",
            "}",
        ),
        line="client_auth",
        healed=True,
    ),
    tree(
        "leaf only",
        "https://www.example.com:PORT {\n    tls CERTS/site-leaf.pem CERTS/site.key\n    respond ok\n}\n",
        line="site-leaf.pem",
        healed=True,
    ),
    tree("expired", site(cert="expired"), line="expired.pem", healed=True),
    tree("missing certificate", site(cert="nowhere"), line="nowhere", healed=True),
    tree(
        "no tls",
        "http://www.example.com:PORT {\n    respond ok\n}\n",
        head=HEAD.replace("    https_port PORT\n", "").replace(
            "http_port CLEAR", "http_port CLEAR\n    https_port 65000"
        ),
        line="www.example.com",
    ),
    tree(
        "auto_https off",
        "www.example.com:PORT {\n    respond ok\n}\n",
        head=HEAD.replace("admin off", "admin off\n    auto_https off"),
        line="www.example.com",
    ),
    # -- which of several certificates it is
    tree(
        "site's own certificate though another fits",
        site(cert="other"),
        site("shop.example.com", cert="wild"),
        line="other.pem",
        healed=True,
    ),
    tree(
        "expired one beside a good one",
        site(cert="expired"),
        site("shop.example.com", cert="wild"),
        line="expired.pem",
        healed=True,
    ),
    tree("wildcard and exact, the wildcard first", site("*.example.com", cert="wild"), site()),
    tree("exact of another site before the wildcard", site("*.example.com", cert="other"), site()),
    tree(
        "other of a wildcard site, exact of a site without the name",
        site("*.example.com", cert="other"),
        site("example.com", cert="site"),
        line="other.pem",
        healed=True,
    ),
    tree(
        "two certificates for one site",
        "https://www.example.com:PORT {\n    tls CERTS/rsa.pem "
        "CERTS/rsa.key\n    tls CERTS/site.pem CERTS/site.key\n    respond ok\n}\n",
    ),
    tree(
        "expired and good for one site",
        "https://www.example.com:PORT {\n    tls CERTS/expired.pem "
        "CERTS/expired.key\n    tls CERTS/site.pem CERTS/site.key\n    respond ok\n}\n",
    ),
    tree(
        "key of a kind the edge does not take beside another",
        "https://www.example.com:PORT {\n    tls CERTS/ed.pem CERTS/ed.key\n    tls CERTS/rsa.pem "
        "CERTS/rsa.key\n    respond ok\n}\n",
    ),
    Tree(
        name="snippet of another file",
        files={
            "Caddyfile": HEAD + "import snippets/*.caddy\n"
            "https://www.example.com:PORT {\n    import site_tls\n    respond ok\n}\n",
            "snippets/tls.caddy": "(site_tls) {\n    tls CERTS/expired.pem CERTS/expired.key\n}\n",
        },
        line="expired.pem",
        healed=True,
    ),
    tree(
        "versions in a snippet",
        "(site_tls) {\n    tls CERTS/site.pem CERTS/site.key {\n"
        "        protocols tls1.2 tls1.2\n        ciphers TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
        "    }\n}\n",
        "https://www.example.com:PORT {\n    import site_tls\n    respond ok\n}\n",
        line="ciphers",
        healed=True,
    ),
    tree("comment with a brace", "# {\n" + site() + "# }\n"),
]


def json_tree(name: str, *certificates: str, policy: str = "{}", **more: Any) -> Tree:
    """The same in JSON: certificates as NAME or NAME:TAG, and one connection policy."""
    loaded = ",\n".join(
        f'            {{"certificate": "CERTS/{n}.pem", "key": "CERTS/{n}.key", "tags": ["{tag}"]}}'
        for n, _, tag in (each.partition(":") for each in certificates)
    )
    text = f"""{{
  "admin": {{"disabled": true}},
  "storage": {{"module": "file_system", "root": "DIR/data"}},
  "apps": {{
    "http": {{
      "https_port": PORT,
      "http_port": CLEAR,
      "servers": {{
        "web": {{
          "listen": [":PORT"],
          "automatic_https": {{"disable": true}},
          "routes": [{{"match": [{{"host": ["www.example.com"]}}],
                      "handle": [{{"handler": "static_response", "body": "ok"}}]}}],
          "tls_connection_policies": [
            {policy}
          ]
        }}
      }}
    }},
    "tls": {{
      "certificates": {{
        "load_files": [
{loaded}
        ]
      }}
    }}
  }}
}}
"""
    return Tree(name=f"json: {name}", files={"caddy.json": text}, **more)


TAGGED = '{"certificate_selection": {"any_tag": ["b"]}}'
JSON_TREES = [
    json_tree("plain", "site"),
    json_tree("expired before good", "expired", "site"),
    json_tree("expired wildcard's place taken by the exact", "wild", "expired",
              line="expired.pem", healed=True),
    json_tree("any_tag of the other", "site:a", "other:b", policy=TAGGED,
              line="other.pem", healed=True),
    json_tree("any_tag of the good one", "expired:a", "site:b", policy=TAGGED),
    json_tree("any_tag of nothing loaded", "site:a", policy=TAGGED, line=""),
    json_tree("all_tags", "other:a", "site:b",
              policy='{"certificate_selection": {"all_tags": ["b"]}}'),
    json_tree("public key algorithm", "site", "rsa",
              policy='{"certificate_selection": {"public_key_algorithm": "rsa"}}'),
    json_tree("no name and no fallback", "other", line=""),
    json_tree("versions", "site",
              policy='{"protocol_max": "tls1.2", "protocol_min": "tls1.2", '
              '"cipher_suites": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]}',
              line="cipher_suites", healed=True),
    json_tree("client certificate in lines", "site",
              policy='{\n              "client_authentication": {\n                "mode": '
              '"require"\n              },\n              "protocol_min": "tls1.2"\n            }',
              line="client_authentication", healed=True),
    json_tree("client certificate, the only member", "site",
              policy='{"client_authentication": {"mode": "require"}}',
              line="client_authentication", healed=True),
]  # fmt: skip
