"""The servers that can be read, each with how its configuration is known and what judges it."""

from collections.abc import Callable
from typing import Final

from cf525.servers import (
    apache,
    caddy,
    cloudflared,
    envoy,
    haproxy,
    iis,
    kubernetes,
    nginx,
    traefik,
)
from cf525.servers.foretold import Foretold
from cf525.servers.library import Library, decoded
from cf525.servers.question import Question
from cf525.values import dataclass

Judge = Callable[[Library, tuple[str, ...], Question], Foretold]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One server. ``usual`` are the places of its main file on a host, ``mains`` what that file
    is called in a folder, ``looks`` whether a text is its configuration; ``command`` prints the
    whole configuration on the host itself."""

    name: str
    title: str
    usual: tuple[str, ...]
    mains: tuple[str, ...]
    looks: Callable[[str], bool]
    judge: Judge
    command: str = ""


def _nginx(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    tree = nginx.read_all(library, mains)
    return nginx.foretell(tree, library, question)


def _haproxy(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    return haproxy.foretell(haproxy.read(library, mains), library, question)


def _apache(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    content = library.read(mains[0])
    if isinstance(content, bytes) and apache.is_dump(decoded(content)):
        return apache.foretell_printed(decoded(content), question)
    return apache.foretell(apache.read_all(library, mains), library, question)


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(
            name="nginx",
            title="nginx",
            usual=(
                "/etc/nginx/nginx.conf",
                "/usr/local/nginx/conf/nginx.conf",
                "/usr/local/etc/nginx/nginx.conf",
                "/opt/homebrew/etc/nginx/nginx.conf",
                "/usr/local/openresty/nginx/conf/nginx.conf",
            ),
            mains=("nginx.conf",),
            looks=nginx.looks_like,
            judge=_nginx,
            command="nginx -T",
        ),
        Kind(
            name="apache",
            title="Apache",
            usual=(
                "/etc/apache2/apache2.conf",
                "/etc/httpd/conf/httpd.conf",
                "/usr/local/apache2/conf/httpd.conf",
                "/usr/local/etc/apache24/httpd.conf",
            ),
            mains=("apache2.conf", "httpd.conf"),
            looks=apache.looks_like,
            judge=_apache,
        ),
        Kind(
            name="haproxy",
            title="HAProxy",
            usual=("/etc/haproxy/haproxy.cfg", "/usr/local/etc/haproxy/haproxy.cfg"),
            mains=("haproxy.cfg",),
            looks=haproxy.looks_like,
            judge=_haproxy,
        ),
        Kind(
            name="caddy",
            title="Caddy",
            usual=("/etc/caddy/Caddyfile", "/etc/caddy/caddy.json"),
            mains=("Caddyfile", "caddy.json"),
            looks=caddy.looks_like,
            judge=caddy.foretell,
        ),
        Kind(
            name="kubernetes",
            title="Kubernetes",
            usual=(),
            mains=("ingress.yaml", "ingress.yml"),
            looks=kubernetes.looks_like,
            judge=kubernetes.foretell,
        ),
        Kind(
            name="cloudflared",
            title="cloudflared",
            usual=("/etc/cloudflared/config.yml",),
            mains=("config.yml",),
            looks=cloudflared.looks_like,
            judge=cloudflared.foretell,
        ),
        Kind(
            name="envoy",
            title="Envoy",
            usual=("/etc/envoy/envoy.yaml",),
            mains=("envoy.yaml",),
            looks=envoy.looks_like,
            judge=envoy.foretell,
        ),
        Kind(
            name="traefik",
            title="Traefik",
            usual=("/etc/traefik/traefik.yml", "/etc/traefik/traefik.yaml"),
            mains=("traefik.yml", "traefik.yaml", "traefik.toml"),
            looks=traefik.looks_like,
            judge=traefik.foretell,
        ),
        Kind(
            name="iis",
            title="IIS",
            usual=(),
            mains=("applicationHost.config",),
            looks=iis.looks_like,
            judge=iis.foretell,
        ),
    )
}
"""Every server by its name, in the order in which a text is held against them."""


def recognised(text: str) -> str:
    """The name of the server whose configuration a text is; empty where none looks so."""
    return next((kind.name for kind in KINDS.values() if kind.looks(text)), "")
