"""Manifests and printed configurations, healthy ones, that the cases are made of."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Case:
    """Files by name, the first being the one that is named; ``status`` in strict, the headline,
    and text of the line that must be named."""

    name: str
    files: dict[str, str]
    status: str
    headline: str = ""
    line: str = ""
    mode: str = "strict"

    def __str__(self) -> str:
        return self.name


TRAEFIK = """entryPoints:
  websecure:
    address: ":443"
http:
  routers:
    site:
      rule: Host(`www.example.com`)
      service: app
      tls: {}
tls:
  certificates:
    - certFile: CERTS/site.pem
      keyFile: CERTS/site.key
"""
COMPOSE = """services:
  app:
    image: app
    labels:
      - "traefik.http.routers.app.rule=Host(`www.example.com`)"
      - "traefik.http.routers.app.tls=true"
"""
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: site
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
spec:
  tls:
    - hosts:
        - www.example.com
      secretName: site-tls
  rules:
    - host: www.example.com
      http: {}
"""
SECRET = """---
apiVersion: v1
kind: Secret
metadata:
  name: site-tls
type: kubernetes.io/tls
data:
  tls.crt: {site}
  tls.key: bmV2ZXIgcmVhZA==
"""
GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: web
spec:
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: www.example.com
      tls:
        certificateRefs:
          - name: site-tls
"""
ENVOY = """static_resources:
  listeners:
    - address:
        socket_address: {address: 0.0.0.0, port_value: 443}
      listener_filters:
        - name: envoy.filters.listener.tls_inspector
      filter_chains:
        - filter_chain_match:
            server_names: [www.example.com]
          transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              common_tls_context:
                tls_certificates:
                  - certificate_chain: {filename: CERTS/site.pem}
                    private_key: {filename: CERTS/site.key}
"""
TUNNEL = """tunnel: 6ff42ae2
ingress:
  - hostname: www.example.com
    service: https://localhost:443
    originRequest:
      originServerName: www.example.com
  - service: http_status:404
"""
IIS = """<configuration><system.applicationHost><sites>
<site name="Default" id="1">
<bindings>
<binding protocol="http" bindingInformation="*:80:" />
<binding protocol="https" bindingInformation="*:443:shop.example.com" sslFlags="1" />
</bindings>
</site>
</sites></system.applicationHost></configuration>
"""
NETSH = """SSL Certificate bindings:
-------------------------

    IP:port                      : 0.0.0.0:443
    Certificate Hash             : 4f2b0c1d
    Application ID               : {4dc3e181-e14b-4a21-b022-59fc669b0914}
    Negotiate Client Certificate : Disabled
"""

VHOSTS = """VirtualHost configuration:
*:80                   www.example.com (/etc/apache2/sites-enabled/clear.conf:1)
*:443                  is a NameVirtualHost
         default server default.example.net (/etc/apache2/sites-enabled/000.conf:2)
         port 443 namevhost default.example.net (/etc/apache2/sites-enabled/000.conf:2)
         port 443 namevhost example.com (/etc/apache2/sites-enabled/site.conf:5)
                 alias www.example.com
ServerRoot: "/etc/apache2"
"""
