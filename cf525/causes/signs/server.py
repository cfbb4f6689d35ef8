"""Which server software or platform answers, with the ground for each guess.

A guess orders the remedies and never decides a cause. Grounds, the best first: the Server and
other headers, the error page, the name a record points to, the certificate a server shows when it
has none of its own, the order of its TLS extensions, and the way it refuses; what each server
does was measured.
"""

import re
from dataclasses import dataclass
from typing import Final

from cf525.causes.case import Case
from cf525.model import CertificateFacts, Observation, Variable
from cf525.model.registry import TLS13, AlertCode


@dataclass(frozen=True, slots=True)
class Guess:
    """A platform by the name its remedies bear, and why it is thought of."""

    platform: str
    ground: str


_SERVER_HEADERS: Final = (
    (re.compile(r"^(nginx|openresty|tengine|angie)\b", re.IGNORECASE), "nginx"),
    (re.compile(r"^apache-coyote|^tomcat", re.IGNORECASE), "Java"),
    (re.compile(r"^(apache|ibm_http_server)\b", re.IGNORECASE), "Apache"),
    (re.compile(r"^caddy\b", re.IGNORECASE), "Caddy"),
    (re.compile(r"^(litespeed|lsws)\b", re.IGNORECASE), "LiteSpeed"),
    (re.compile(r"^lighttpd\b", re.IGNORECASE), "lighttpd"),
    (re.compile(r"^microsoft-(iis|httpapi|azure-application-gateway)\b", re.IGNORECASE), "IIS"),
    (re.compile(r"^(istio-)?envoy\b", re.IGNORECASE), "Envoy"),
    (re.compile(r"^(awselb|amazons3|cloudfront)\b", re.IGNORECASE), "AWS"),
    (re.compile(r"^(google frontend|gws|esf|ghs)\b", re.IGNORECASE), "GCP"),
    (re.compile(r"^github\.com\b", re.IGNORECASE), "GitHub Pages"),
    (re.compile(r"^netlify\b", re.IGNORECASE), "Netlify"),
    (re.compile(r"^vercel\b", re.IGNORECASE), "Vercel"),
    (re.compile(r"^fly/", re.IGNORECASE), "Fly.io"),
    (re.compile(r"^(railway|railway-edge)\b", re.IGNORECASE), "Railway"),
    (re.compile(r"^(cowboy|heroku)\b", re.IGNORECASE), "Heroku"),
    (re.compile(r"^jetty\b", re.IGNORECASE), "Java"),
    (re.compile(r"^cpsrvd\b", re.IGNORECASE), "cPanel"),
    (re.compile(r"^sw-cp-server\b", re.IGNORECASE), "Plesk"),
    (re.compile(r"^(sucuri|imperva|cdn|ddos-guard|bigip|netscaler)", re.IGNORECASE), "proxy"),
)
_OTHER_HEADERS: Final = {
    "x-vercel-id": "Vercel",
    "x-nf-request-id": "Netlify",
    "fly-request-id": "Fly.io",
    "x-github-request-id": "GitHub Pages",
    "x-render-origin-server": "Render",
    "x-railway-request-id": "Railway",
    "x-amz-cf-id": "AWS",
    "x-amz-request-id": "AWS",
    "x-azure-ref": "Azure",
    "x-envoy-upstream-service-time": "Envoy",
    "x-plesk-origin": "Plesk",
}
_ERROR_PAGES: Final = (
    (re.compile(rb"<center>(nginx|openresty|tengine)\b"), "nginx"),
    (re.compile(rb"<address>Apache\b"), "Apache"),
    (re.compile(rb"Your browser sent an invalid request\.\n</body>"), "HAProxy"),
    (re.compile(rb"No server is available to handle this request\.\n</body>"), "HAProxy"),
    (re.compile(rb"<h2>Bad Request - Invalid |Microsoft-HTTPAPI|<h2>Server Error in '/'"), "IIS"),
    (re.compile(rb"<h3>Apache Tomcat/|Powered by Jetty|Whitelabel Error Page"), "Java"),
    (re.compile(rb"Proudly powered by LiteSpeed"), "LiteSpeed"),
    (re.compile(rb"<pre>Cannot GET /"), "Node"),
    (re.compile(rb"404 page not found\n\Z|Client sent an HTTP request to an HTTPS"), "Go"),
    (re.compile(rb"<title>Heroku \| |herokucdn\.com/error-pages"), "Heroku"),
    (re.compile(rb"<Code>(NoSuchBucket|AccessDenied)</Code>"), "AWS"),
)
"""What stands in the pages that servers make by themselves."""
_HELLO_HABITS: Final = (
    ((35, 65281), "Go", "its ServerHello orders extensions as Go's TLS does"),
    ((23, 35, 65281), "Java", "its ServerHello orders extensions as Java's TLS does"),
)
"""How a ServerHello of TLS 1.2 and older begins; OpenSSL's begins with 65281 and is everybody's."""
_FALLBACK_CERTIFICATES: Final = (
    (re.compile(r"kubernetes ingress controller fake certificate"), "ingress-nginx"),
    (re.compile(r"cert-manager(\.local|\.io)?"), "ingress-nginx"),
    (re.compile(r"traefik default cert"), "Traefik"),
    (re.compile(r"plesk|parallels panel"), "Plesk"),
    (re.compile(r".*\b(cpanel|whm)\b.*"), "cPanel"),
    (re.compile(r"localhost(\.localdomain)?|debian|ubuntu|ip-\d+-\d+-\d+-\d+.*"), "a distribution"),
    (re.compile(r"synology.*"), "Synology"),
    (re.compile(r"unifi.*|ubnt.*"), "UniFi"),
    (re.compile(r"fritz\.box|.*\.myfritz\.net"), "a FRITZ!Box router"),
    (re.compile(r"(www\.)?(routerlogin|asusrouter|tplinkwifi|mikrotik|router).*"), "a router"),
    (re.compile(r"openwrt.*|pfsense.*|opnsense.*"), "a router"),
    (re.compile(r"nginx[- ]?proxy[- ]?manager|dummy|openresty|invalid"), "Nginx Proxy Manager"),
    (re.compile(r"directadmin.*"), "DirectAdmin"),
    (re.compile(r"cyberpanel.*|litespeed.*|webadmin"), "LiteSpeed"),
    (re.compile(r"coolify.*"), "Traefik"),
    (re.compile(r"vmware.*|esxi.*|idrac.*|proxmox.*"), "a management interface"),
)
"""Common names (lower case, whole) of certificates that servers show when they know no better."""

PLATFORM_DOMAINS: Final = {
    "github.io": "GitHub Pages",
    "herokuapp.com": "Heroku",
    "herokudns.com": "Heroku",
    "herokussl.com": "Heroku",
    "netlify.app": "Netlify",
    "netlify.com": "Netlify",
    "vercel.app": "Vercel",
    "vercel-dns.com": "Vercel",
    "now.sh": "Vercel",
    "onrender.com": "Render",
    "fly.dev": "Fly.io",
    "up.railway.app": "Railway",
    "railway.app": "Railway",
    "azurewebsites.net": "Azure",
    "azurefd.net": "Azure",
    "azureedge.net": "Azure",
    "cloudapp.azure.com": "Azure",
    "trafficmanager.net": "Azure",
    "cloudfront.net": "AWS",
    "amazonaws.com": "AWS",
    "awsglobalaccelerator.com": "AWS",
    "run.app": "GCP",
    "appspot.com": "GCP",
    "ghs.googlehosted.com": "GCP",
    "storage.googleapis.com": "GCP",
    "firebaseapp.com": "GCP",
    "web.app": "GCP",
    "myshopify.com": "Shopify",
    "wpengine.com": "WP Engine",
    "kinsta.cloud": "Kinsta",
    "webflow.io": "Webflow",
    "proxy-ssl.webflow.com": "Webflow",
    "platform.sh": "Platform.sh",
    "pantheonsite.io": "Pantheon",
    "gitlab.io": "GitLab Pages",
    "storjshare.io": "Storj",
}
"""Domains under which platforms keep customers' sites, by the name of the platform."""

SELF_RENEWING: Final = frozenset(
    {
        *("GitHub Pages", "Heroku", "Netlify", "Vercel", "Render", "Fly.io", "Railway", "Azure"),
        *("GCP", "Webflow", "Kinsta", "WP Engine", "Platform.sh", "Pantheon", "GitLab Pages"),
        *("Shopify", "Storj"),
    }
)
"""Platforms that get a certificate for the customer's name by themselves, and need DNS or HTTP
of that name to reach them for it."""


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


def fallback_software(leaf: CertificateFacts) -> str:
    """The software that shows such a certificate when it has none of its own; empty if none."""
    name = leaf.common_name.lower().strip()
    for pattern, software in _FALLBACK_CERTIFICATES:
        if pattern.fullmatch(name):
            return software
    return "ingress-nginx" if "cert-manager.local" in leaf.issuer.lower() else ""


def platform_of(name: str) -> str:
    """The platform a host name belongs to; empty for one's own."""
    labels = name.lower().rstrip(".").removeprefix("*.").split(".")
    for start in range(len(labels)):
        platform = PLATFORM_DOMAINS.get(".".join(labels[start:]))
        if platform:
            return platform
    return ""


def guesses(case: Case) -> tuple[Guess, ...]:
    """What this origin may be, the surest first; empty when nothing tells."""
    found: list[Guess] = []
    if case.server:
        found.append(Guess(case.server, "--server"))
    header = server_header(case) or ""
    found += [
        Guess(platform, f"Server: {header}")
        for pattern, platform in _SERVER_HEADERS
        if pattern.search(header)
    ]
    for observation in (case.edge, *case.probes):
        if observation is not None and observation.http is not None:
            found += [
                Guess(platform, f"header {name}")
                for name, platform in _OTHER_HEADERS.items()
                if observation.http.header(name) is not None
            ]
    found += _by_page(case)
    found += _by_names(case)
    found += _by_hello(case)
    found += _by_manner(case)
    first: dict[str, Guess] = {}
    for guess in found:
        first.setdefault(guess.platform, guess)
    return tuple(first.values())


def _by_page(case: Case) -> list[Guess]:
    pages = [
        each.http.body_head
        for each in (case.edge, *case.probes)
        if each is not None and each.http is not None
    ]
    return [
        Guess(platform, "its error page")
        for pattern, platform in _ERROR_PAGES
        if any(pattern.search(page) for page in pages)
    ]


def _by_hello(case: Case) -> list[Guess]:
    begun = {
        each.server_hello.extensions
        for each in (case.edge, *case.probes)
        if each is not None and each.server_hello is not None and each.server_hello.version < TLS13
    }
    return [
        Guess(platform, ground)
        for habit, platform, ground in _HELLO_HABITS
        if any(extensions[: len(habit)] == habit for extensions in begun)
    ]


def _by_names(case: Case) -> list[Guess]:
    found = [
        Guess(platform, f"the record points to {name}")
        for name in case.route.accepted_names[1:]
        if (platform := platform_of(name))
    ]
    leaf = case.leaf
    if leaf is None:
        return found
    software = fallback_software(leaf)
    if software:
        found.append(Guess(software, f"its certificate is called {leaf.common_name}"))
    found += [
        Guess(platform, f"its certificate covers {name}")
        for name in leaf.dns_names[:20]
        if (platform := platform_of(name))
    ]
    return found


def _by_manner(case: Case) -> list[Guess]:
    """How a server refuses: the weakest ground, and often the only one before a handshake."""
    alert = case.first_alert(AlertCode.INTERNAL_ERROR)
    if alert is None:
        return []
    bare = any(
        probe.http is not None and probe.http.status == 400 and not probe.http.headers
        for probe in case.varied(Variable.PLAIN)
    )
    return [Guess("Caddy", "it refuses as Go's TLS does")] if bare else []


def platforms(case: Case) -> tuple[str, ...]:
    """The platforms this origin may be, the likeliest first; empty when nothing tells."""
    return tuple(guess.platform for guess in guesses(case))
