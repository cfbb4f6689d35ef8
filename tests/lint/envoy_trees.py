"""Envoy bootstraps as people write them: healthy ones, tempting ones, broken ones."""

from typing import Any

from tests.lint.trees import Tree

TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
INSPECTOR = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
PROXY = "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"
FILTERS = f"""      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {HCM}
          stat_prefix: web
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{prefix: "/"}}
                direct_response: {{status: 200, body: {{inline_string: ok}}}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": {ROUTER}
"""


def chain(names: str = "www.example.com", cert: str = "site", more: str = "", own: str = "") -> str:
    """A filter chain; ``more`` stands in the common context, ``own`` beside it."""
    match = f"      filter_chain_match:\n        server_names: [{names}]\n" if names else ""
    first = match.replace("      filter", "    - filter", 1) if match else "    - name: web\n"
    tls = f"""      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": {TLS}
{own}          common_tls_context:
{more}            tls_certificates:
            - certificate_chain: {{filename: CERTS/{cert}.pem}}
              private_key: {{filename: CERTS/{cert}.key}}
"""
    return first + (tls if cert else "") + FILTERS


def listener(*chains: str, filters: str = INSPECTOR, port: str = "PORT") -> str:
    kinds = "".join(
        f'    - name: {each.rsplit(".", 1)[1]}\n      typed_config:\n        "@type": {each}\n'
        for each in filters.split()
    )
    head = f"  - address:\n      socket_address: {{address: 127.0.0.1, port_value: {port}}}\n"
    head += f"    listener_filters:\n{kinds}" if kinds else ""
    return f"{head}    filter_chains:\n{''.join(chains)}"


def tree(name: str, *listeners: str, **more: Any) -> Tree:
    text = "static_resources:\n  listeners:\n" + "".join(listeners)
    return Tree(name=name, files={"envoy.yaml": text}, **more)


def params(*lines: str) -> str:
    return "            tls_params:\n" + "".join(f"              {line}\n" for line in lines)


REQUIRED = "          require_client_certificate: true\n"
CLIENT_CA = (
    "            validation_context:\n              trusted_ca: {filename: CERTS/client-ca.pem}\n"
)

TREES = [
    tree("plain", listener(chain())),
    tree("no names", listener(chain(names=""), filters="")),
    tree("wildcard", listener(chain(names='"*.example.com"', cert="wild"))),
    tree("two chains", listener(chain("other.example.net", "other"), chain())),
    tree("tls 1.2 alone", listener(chain(more=params("tls_maximum_protocol_version: TLSv1_2")))),
    tree("p384 key", listener(chain(cert="p384"))),
    tree("client certificate wanted, not demanded", listener(chain(more=CLIENT_CA))),
    tree("name of no chain", listener(chain("shop.example.com")), line="server_names", healed=True),
    tree(
        "the nearest name of those that do not fit",
        listener(chain("api.example.com", "other"), chain("example.com")),
        line="server_names: [example.com]",
        healed=True,
    ),
    tree(
        "without inspector, two names",
        listener(chain(), chain("other.example.net", "other"), filters=""),
        line="server_names",
        healed=True,
    ),
    tree("without inspector", listener(chain(), filters=""), line="server_names", healed=True),
    tree("proxy protocol", listener(chain(), filters=f"{PROXY} {INSPECTOR}"), line="", healed=True),
    tree("proxy protocol alone", listener(chain(names=""), filters=PROXY), healed=True),
    tree(
        "old versions",
        listener(
            chain(
                more=params(
                    "tls_minimum_protocol_version: TLSv1_2",
                    "tls_maximum_protocol_version: TLSv1_2",
                    "cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]",
                )
            )
        ),
        line="cipher_suites",
        healed=True,
    ),
    tree(
        "suites in lines",
        listener(
            chain(
                more=params(
                    "tls_maximum_protocol_version: TLSv1_2",
                    "cipher_suites:",
                    "- ECDHE-RSA-AES128-GCM-SHA256",
                    "- AES128-SHA",
                )
            )
        ),
        line="cipher_suites",
        healed=True,
    ),
    tree(
        "client certificate",
        listener(chain(own=REQUIRED, more=CLIENT_CA)),
        line="require_client_certificate",
        healed=True,
    ),
    tree(
        "leaf only",
        listener(chain(cert="site-leaf")).replace("site-leaf.key", "site.key"),
        line="site-leaf.pem",
        healed=True,
    ),
    tree("other certificate", listener(chain(cert="other")), line="other.pem", healed=True),
    tree("expired", listener(chain(cert="expired")), line="expired.pem", healed=True),
    tree("missing", listener(chain(cert="nowhere")), line="nowhere", healed=True),
    tree(
        "key of another",
        listener(chain()).replace("site.key", "rsa.key"),
        line="rsa.key",
        healed=True,
        keys=True,
    ),
    tree(
        "in clear",
        listener(chain(names="", cert=""), filters=""),
        listener(chain(names=""), filters="", port="CLEAR"),
        healed=True,
    ),
]
