"""Files of servers that are not installed here, labelled by what was measured elsewhere."""

from tests.lint.manifests import (
    COMPOSE,
    ENVOY,
    GATEWAY,
    IIS,
    INGRESS,
    NETSH,
    SECRET,
    TRAEFIK,
    TUNNEL,
    VHOSTS,
    Case,
)

CASES = [
    Case(name="apache's virtual hosts", files={"vhosts.txt": VHOSTS}, status="unknown"),
    Case(
        name="apache's virtual hosts, full", files={"vhosts.txt": VHOSTS}, status="ok", mode="full"
    ),
    Case(
        name="apache's virtual hosts without the name",
        files={"vhosts.txt": VHOSTS.replace("alias www.", "alias shop.")},
        status="526",
        headline="default-vhost-cert",
        line="default.example.net",
    ),
    Case(name="traefik", files={"traefik.yml": TRAEFIK}, status="ok"),
    Case(
        name="traefik, no tls and no certificate",
        files={"traefik.yml": TRAEFIK.replace("      tls: {}\n", "").split("tls:\n")[0]},
        status="526",
        headline="default-vhost-cert",
        line="Host(",
    ),
    Case(
        name="traefik, strict sni",
        files={
            "traefik.yml": TRAEFIK.replace("CERTS/site", "CERTS/other")
            + "  options:\n    default:\n      sniStrict: true\n"
        },
        status="525",
        headline="sni-rejected-112",
        line="sniStrict",
    ),
    Case(
        name="traefik, versions",
        files={
            "traefik.yml": TRAEFIK
            + "  options:\n    default:\n      minVersion: VersionTLS12\n      maxVersion: VersionTLS12\n      cipherSuites:\n        - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
        },
        status="525",
        headline="ecdsa-cert-rsa-ciphers",
        line="cipherSuites",
    ),
    Case(
        name="traefik, client certificate",
        files={
            "traefik.yml": TRAEFIK
            + "  options:\n    default:\n      clientAuth:\n        caFiles: [CERTS/client-ca.pem]\n        clientAuthType: RequireAndVerifyClientCert\n"
        },
        status="520",
        headline="mtls-unrelated",
        line="clientAuthType",
    ),
    Case(
        name="traefik, expired",
        files={"traefik.yml": TRAEFIK.replace("site.pem", "expired.pem")},
        status="526",
        headline="cert-expired",
        line="expired.pem",
    ),
    Case(
        name="traefik, file provider",
        files={
            "traefik.yml": "entryPoints:\n  web:\n    address: ':443'\nproviders:\n  file:\n    directory: DIR/dynamic\n",
            "dynamic/site.yml": TRAEFIK.partition("http:\n")[1] + TRAEFIK.partition("http:\n")[2],
        },
        status="ok",
    ),
    Case(
        name="compose",
        files={"compose.yml": COMPOSE},
        status="526",
        headline="default-vhost-cert",
        line="Host(",
    ),
    Case(
        name="compose with a resolver",
        files={"compose.yml": COMPOSE + '      - "traefik.http.routers.app.tls.certresolver=le"\n'},
        status="unknown",
    ),
    Case(name="ingress", files={"ingress.yaml": INGRESS + SECRET}, status="ok"),
    Case(
        name="ingress without the host in tls",
        files={
            "ingress.yaml": INGRESS.replace(
                "        - www.example.com", "        - example.com"
            ).replace("spec:\n  tls", "spec:\n  ingressClassName: contour\n  tls")
            + SECRET
        },
        status="526",
        headline="default-vhost-cert",
        line="- example.com",
    ),
    Case(
        name="ingress, other certificate",
        files={"ingress.yaml": INGRESS + SECRET.replace("{site}", "{other}")},
        status="526",
        headline="hostname-mismatch",
        line="secretName",
    ),
    Case(
        name="ingress, secret elsewhere",
        files={
            "ingress.yaml": INGRESS
            + SECRET.replace("name: site-tls", "name: site-tls\n  namespace: other")
        },
        status="526",
        headline="default-vhost-cert",
        line="secretName",
    ),
    Case(name="ingress, secret not here", files={"ingress.yaml": INGRESS}, status="unknown"),
    Case(
        name="ingress, secret not here, full",
        files={"ingress.yaml": INGRESS},
        status="ok",
        mode="full",
    ),
    Case(
        name="ingress, proxy protocol",
        files={
            "ingress.yaml": INGRESS
            + SECRET
            + '---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ingress-nginx-controller\ndata:\n  use-proxy-protocol: "true"\n'
        },
        status="525",
        headline="proxy-protocol-expected",
        line="use-proxy-protocol",
    ),
    Case(
        name="ingress, ciphers",
        files={
            "ingress.yaml": INGRESS
            + SECRET
            + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  ssl-protocols: TLSv1.2\n  ssl-ciphers: ECDHE-RSA-AES128-GCM-SHA256\n"
        },
        status="525",
        headline="ecdsa-cert-rsa-ciphers",
        line="ssl-ciphers",
    ),
    Case(
        name="ingress, client certificate",
        files={
            "ingress.yaml": INGRESS.replace(
                "    nginx.ingress.kubernetes.io/proxy-body-size: 8m",
                "    nginx.ingress.kubernetes.io/auth-tls-secret: default/ca",
            )
            + SECRET
            + "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ca\ndata:\n  ca.crt: {ca}\n"
        },
        status="origin-400",
        headline="mtls-unrelated",
        line="auth-tls-secret",
    ),
    Case(
        name="ingress in flexible",
        files={"ingress.yaml": INGRESS + SECRET},
        status="redirect-loop",
        headline="flexible-redirect-loop",
        mode="flexible",
        line="host:",
    ),
    Case(name="gateway", files={"gateway.yaml": GATEWAY + SECRET}, status="ok"),
    Case(
        name="gateway, other name",
        files={"gateway.yaml": GATEWAY.replace("hostname: www", "hostname: shop") + SECRET},
        status="525",
        headline="sni-reset",
        line="hostname",
    ),
    Case(name="envoy", files={"envoy.yaml": ENVOY}, status="ok"),
    Case(
        name="envoy without inspector",
        files={
            "envoy.yaml": ENVOY.replace(
                "      listener_filters:\n        - name: envoy.filters.listener.tls_inspector\n",
                "",
            )
        },
        status="525",
        headline="sni-reset",
        line="server_names",
    ),
    Case(
        name="envoy, other name",
        files={"envoy.yaml": ENVOY.replace("[www.example.com]", "[shop.example.com]")},
        status="525",
        headline="sni-reset",
        line="server_names",
    ),
    Case(
        name="envoy, client certificate",
        files={
            "envoy.yaml": ENVOY.replace(
                "              common_tls_context:",
                "              require_client_certificate: true\n              common_tls_context:\n                validation_context:\n                  trusted_ca: {filename: CERTS/client-ca.pem}",
            )
        },
        status="520",
        headline="mtls-unrelated",
        line="require_client_certificate",
    ),
    Case(
        name="envoy, no tls",
        files={"envoy.yaml": ENVOY.split("          transport_socket")[0]},
        status="525",
        headline="no-tls-on-443",
    ),
    Case(name="tunnel", files={"config.yml": TUNNEL}, status="ok"),
    Case(
        name="tunnel, no server name",
        files={
            "config.yml": TUNNEL.replace(
                "    originRequest:\n      originServerName: www.example.com\n", ""
            )
        },
        status="502",
        headline="tunnel-origin-tls",
        line="https://localhost:443",
    ),
    Case(
        name="tunnel, not verified",
        files={
            "config.yml": TUNNEL.replace("originServerName: www.example.com", "noTLSVerify: true")
        },
        status="ok",
    ),
    Case(
        name="tunnel, no rule for the name",
        files={
            "config.yml": TUNNEL.replace(
                "www.example.com\n    service", "shop.example.com\n    service"
            )
        },
        status="origin-404",
        headline="tunnel-origin-tls",
        line="http_status:404",
    ),
    Case(
        name="tunnel, no last rule",
        files={"config.yml": TUNNEL.replace("  - service: http_status:404\n", "")},
        status="521",
        headline="configuration-not-loaded",
        line="hostname",
    ),
    Case(
        name="iis",
        files={"applicationHost.config": IIS},
        status="525",
        headline="sni-reset",
        line="shop.example.com",
    ),
    Case(
        name="iis, for all names",
        files={"applicationHost.config": IIS.replace("443:shop.example.com", "443:")},
        status="unknown",
    ),
    Case(name="netsh", files={"netsh.txt": NETSH}, status="ok", mode="full"),
    Case(
        name="ingress, other certificate and the right one",
        files={
            "ingress.yaml": INGRESS
            + SECRET.replace("{site}", "{other}")
            + SECRET.replace("site-tls", "www-tls")
        },
        status="526",
        headline="hostname-mismatch",
        line="secretName",
    ),
    Case(
        name="ingress without tls",
        files={
            "ingress.yaml": INGRESS.replace(
                "  tls:\n    - hosts:\n        - www.example.com\n      secretName: site-tls\n", ""
            )
            + SECRET
        },
        status="526",
        headline="default-vhost-cert",
        line="host: www.example.com",
    ),
    Case(
        name="ingress that does not list the name beside a secret that has it",
        files={
            "ingress.yaml": INGRESS.replace("- www.example.com\n      s", "- example.com\n      s")
            + SECRET
        },
        status="ok",
    ),
    Case(
        name="ingress that does not list the name beside a secret that is not here",
        files={
            "ingress.yaml": INGRESS.replace("- www.example.com\n      s", "- example.com\n      s")
        },
        status="526",
        headline="default-vhost-cert",
        line="- example.com",
    ),
    Case(
        name="ingress in flexible, without annotations",
        files={
            "ingress.yaml": INGRESS.replace(
                "  annotations:\n    nginx.ingress.kubernetes.io/proxy-body-size: 8m\n", ""
            )
            + SECRET
        },
        status="redirect-loop",
        headline="flexible-redirect-loop",
        mode="flexible",
        line="host:",
    ),
    Case(
        name="gateway, other certificate and the right one",
        files={
            "gateway.yaml": GATEWAY
            + SECRET.replace("{site}", "{other}")
            + SECRET.replace("site-tls", "www-tls")
        },
        status="526",
        headline="hostname-mismatch",
        line="name: site-tls",
    ),
    Case(
        name="tunnel, in clear on the port of tls",
        files={
            "config.yml": TUNNEL.replace("https://localhost", "http://localhost").replace(
                "      originServerName: www.example.com\n", "      connectTimeout: 5s\n"
            )
        },
        status="502",
        headline="tunnel-origin-tls",
        line="http://localhost:443",
    ),
    Case(
        name="tunnel, originRequest without the name",
        files={
            "config.yml": TUNNEL.replace(
                "      originServerName: www.example.com", "      connectTimeout: 5s"
            )
        },
        status="502",
        headline="tunnel-origin-tls",
        line="https://localhost:443",
    ),
    Case(
        name="iis, plain binding",
        files={"applicationHost.config": IIS.replace('"https" binding', '"http" binding')},
        status="525",
        headline="no-tls-on-443",
        line="bindingInformation",
    ),
]
