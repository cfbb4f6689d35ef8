"""Which server software answers, with the ground for each guess.

A guess orders the remedies and never decides a cause.
"""

import re
from typing import Final

from cf525.causes.case import Case
from cf525.model import Observation

_SERVER_HEADERS: Final = (
    (re.compile(r"^(nginx|openresty|tengine)\b", re.IGNORECASE), "nginx"),
    (re.compile(r"^apache\b", re.IGNORECASE), "Apache"),
    (re.compile(r"^caddy\b", re.IGNORECASE), "Caddy"),
    (re.compile(r"^litespeed\b", re.IGNORECASE), "LiteSpeed"),
    (re.compile(r"^lighttpd\b", re.IGNORECASE), "lighttpd"),
    (re.compile(r"^microsoft-(iis|httpapi)\b", re.IGNORECASE), "IIS"),
    (re.compile(r"^(istio-)?envoy\b", re.IGNORECASE), "Envoy"),
    (re.compile(r"^awselb\b", re.IGNORECASE), "AWS"),
    (re.compile(r"^(amazons3|cloudfront)\b", re.IGNORECASE), "AWS"),
    (re.compile(r"^jetty\b", re.IGNORECASE), "Java"),
)


def server_header(case: Case) -> str | None:
    """The Server header of any answer this origin gave, TLS or plain."""
    for observation in (case.edge, *case.probes):
        header = _header(observation)
        if header:
            return header
    return None


def _header(observation: Observation | None) -> str | None:
    if observation is None:
        return None
    if observation.http is not None:
        return observation.http.header("server")
    if observation.plaintext is not None and observation.plaintext.kind == "http":
        match = re.search(rb"(?im)^server:[ \t]*([^\r\n]{1,80})", observation.plaintext.head)
        return match[1].decode("latin-1") if match else None
    return None


def platforms(case: Case) -> tuple[str, ...]:
    """The platforms this origin may be, the likeliest first; empty when nothing tells."""
    header = server_header(case) or ""
    guesses = [name for pattern, name in _SERVER_HEADERS if pattern.search(header)]
    leaf = case.leaf
    if leaf is not None and "kubernetes ingress" in leaf.common_name.lower():
        guesses.append("ingress-nginx")
    if leaf is not None and "traefik" in leaf.common_name.lower():
        guesses.append("Traefik")
    return tuple(guesses)
