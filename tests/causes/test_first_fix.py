"""The fix that is shown first for an installation as it is shipped: this server's, or nobody's.

Shown are the first screens, as a person sees them; what they must hold is told by name, and the
words of every other server must not stand there.
"""

import re
from dataclasses import replace

import pytest

from cf525.causes.case import Case
from cf525.causes.families import inspection
from cf525.causes.filling import render as fill_in
from cf525.causes.matching import findings
from cf525.causes.signs.server import guesses
from cf525.causes.signs.table import kin_of, known_platforms
from cf525.conclusion.unknowns import open_questions
from cf525.model import ChainVerdict, Confidence, Defect, DefectClass, Finding, Status
from cf525.report.screen import render
from cf525.report.text import render as everything
from tests.causes.installations import AT, NOTHING, SHIPPED, Installed, certificate
from tests.causes.test_catalogue import FACTS
from tests.causes.test_recognition import CASE
from tests.report.recorded import report_of

DEVICE = "[Ff]orward port 443 to the|leads to the wrong address"
FIRST = {
    "ingress-nginx": "Secret must stand in the Ingress", "Traefik": "certresolver|tls: ",
    "Plesk": "domain or alias|Websites & Domains", "cPanel": "Manage SSL sites",
    "HestiaCP": "v-add-web-domain|Hestia writes", "YunoHost": "yunohost domain cert install",
    "WebLogic": "Custom Identity", "Open Liberty": "server.xml", "GlassFish": "key store",
    "WildFly": "key store", "SAP": "STRUST", "Argo CD": "argocd-server-tls",
    "Exchange": "Enable-ExchangeCertificate", "Apache on Windows": r"conf.extra.httpd-ssl\.conf",
    "NGINX Ingress Controller": "VirtualServer", "Kubernetes API": "ingress controller",
    "Splunk": "serverCert", "Elasticsearch": "kibana.yml", "Kibana": "kibana.yml",
    "Wazuh": "opensearch_dashboards.yml", "OpenSearch": "opensearch_dashboards.yml",
    "Nessus": "nessuscli", "OpenVPN Access Server": "Network Settings",
    "Mumble": "speaks no HTTP", "a mail server": "DNS only", "Webmin": "Webmin's own page",
    **dict.fromkeys(
        ("Greenbone", "Nexpose", "Syncthing", "Deluge", "LXD", "Consul", "Puppet", "Ceph"),
        "a service of its own",
    ),
    "CloudPanel": "Import Certificate|under Sites", "CyberPanel": "Add SSL",
    "LiteSpeed": "listener", "aaPanel": "Website, Add site", "DirectAdmin": "domain or pointer",
    "ISPConfig": "tick SSL", "CapRover": "captain", "Coolify": "resource's Domains",
    "Dokploy": "certificate provider", "Nginx Proxy Manager": "proxy host|Proxy Hosts",
    "SWAG": "proxy-confs", "Synology": "Reverse Proxy|Control Panel, Security",
    "QNAP": "Reverse Proxy", "Unraid": "proxy container", "TrueNAS": "application's proxy",
    "BIG-IP": "Client SSL profile", "NetScaler": "bind it to the virtual server",
    "Kong": "127.0.0.1:8001/certificates", "Istio": "credentialName", "Envoy": "server_names",
    "Tomcat": "SSLHostConfig", "Jetty": "key store", "Java": "key store",
    "Kestrel": "Kestrel reads", "Apache": "virtual host",
    "IIS": "https binding", "lighttpd": "ssl.pemfile", "stunnel": "cert = ",
    "Caddy": "tls /etc/ssl", "Go": "ListenAndServeTLS",
    "mailcow": "mailcow-dockerized", "AWS": "ACM|ALB", "Azure": "App Service|Front Door",
    "Heroku": "Origin CA", "GitHub Pages": "repository's settings", "Netlify": "Netlify",
    "ngrok": "custom domain", "Fly.io": "fly certs|AAAA", "HAProxy": "ssl crt",
    "Python": "certfile", "APISIX": "server block", "MinIO": "public.crt",
    "Node": "SecureContext|createServer|addContext", "OpenShift": "Route", "Rancher": "Gateway API",
    "Vercel": "Vercel", "Render": "Custom Domains|custom domain", "GCP": "Certificate Manager",
    "Fastly": "as a domain", "a shared host": "hoster's panel", "Tailscale": "ts.net",
    "a hosted platform": "custom domain", "proxy": "a name of its own",
    "ASUSTOR": DEVICE, "Pi-hole": DEVICE, "a camera": DEVICE, "a management interface": DEVICE,
    **dict.fromkeys(
        ("FRITZ!Box", "UniFi", "EdgeRouter", "Juniper", "Proxmox", "VMware", "OPNsense",
         "pfSense", "FortiGate", "Palo Alto",
         "SonicWall", "Sophos", "Cisco", "OpenWrt", "MikroTik", "a router"),
        DEVICE,
    ),
}  # fmt: skip
WORDS = {
    "nginx": r"nginx -[ts]|server_name|ssl_certificate |ssl_reject_handshake",
    "Apache": r"apachectl|VirtualHost|SSLCertificate|ServerName ",
    "HAProxy": r"haproxy|ssl crt",
    "Caddy": r"caddy ",
    "IIS": r"WebBinding|netsh |http\.sys",
    "Traefik": r"certresolver|acme\.json",
    "Kubernetes": r"kubectl",
    "Java": r"keytool|key store|SSLHostConfig",
    "AWS": r"aws |ALB|CloudFront",
    "Heroku": r"heroku ",
    "Go": r"ListenAndServeTLS",
    "Node": r"createServer|SecureContext",
    "Python": r"gunicorn",
    "LiteSpeed": r"lsws|LiteSpeed",
    "a router": r"remote access off this port",
}
MISMATCH = Defect(
    code="hostname_mismatch", kind=DefectClass.REJECTED, index=0, text="No name fits."
)


def broken(seen: Installed) -> Case:
    """The installation asked for a name it has no certificate for, in strict."""
    case = seen.case()
    verdict = case.verdict or ChainVerdict(
        observation="o1", accepted=False, confidence=Confidence.HIGH, at=AT,
        names=("www.example.com",), certificates=(certificate("CN=other.invalid"),),
    )  # fmt: skip
    return replace(
        case,
        verdict=replace(verdict, defects=(MISMATCH,)),
        status=replace(case.status, status=Status("526")),
        route=replace(case.route, mode="strict"),
    )


def headline(case: Case) -> Finding:
    return findings([case])[0]


def others_words(shown: str, *own: str) -> list[str]:
    return [name for name, words in WORDS.items() if name not in own and re.search(words, shown)]


@pytest.mark.parametrize("seen", SHIPPED, ids=lambda each: f"{each.name} {each.subject}"[:60])
def test_the_first_fix_is_this_servers_and_no_others(seen: Installed) -> None:
    case = broken(seen)
    (fix, *_) = headline(case).remedies
    assert fix.platform == seen.name
    told = "\n".join((fix.text, *fix.commands))
    assert re.search(FIRST[seen.name], told), told
    known = {each.platform for each in guesses(case)}
    own = {*known, *(kin for each in known for kin in kin_of(each))}
    screen = "\n".join(each.text for each in render(report_of([case])))
    assert others_words(screen, *own) == []
    full = "\n".join(each.text for each in everything(report_of([case]), verbose=True))
    assert "FOR       " not in full


CLOSED = [each for each in SHIPPED if known_platforms()[each.name].closed]


@pytest.mark.parametrize("seen", CLOSED, ids=lambda each: f"{each.name} {each.subject}"[:60])
def test_what_takes_no_site_is_told_to_be_given_none(seen: Installed) -> None:
    report = report_of([broken(seen)])
    for shown in (render(report), everything(report, verbose=True)):
        text = " ".join(" ".join(each.text for each in shown).split())
        assert "TLS server a site of the name" not in text
        assert "load the configuration again" not in text


@pytest.mark.parametrize("seen", SHIPPED, ids=lambda each: f"{each.name} {each.subject}"[:60])
def test_full_is_offered_for_no_device(seen: Installed) -> None:
    gaps = [each for each in headline(broken(seen)).remedies if each.stop_gap]
    device = known_platforms()[seen.name].device
    assert not gaps or not device


@pytest.mark.parametrize("seen", NOTHING, ids=lambda each: f"{each.subject}{each.headers}"[:60])
def test_where_nothing_is_recognised_the_steps_are_neutral(seen: Installed) -> None:
    case = broken(seen)
    (fix, *_) = headline(case).remedies
    assert fix.neutral
    screen = "\n".join(each.text for each in render(report_of([case])))
    assert others_words(screen) == []
    assert others_words("\n".join((fix.text, *fix.commands))) == []


def test_every_installation_has_its_fix_written_down() -> None:
    assert {each.name for each in SHIPPED} == set(FIRST)
    assert len(SHIPPED) >= 100


def test_no_product_is_made_of_a_go_program() -> None:
    page = fill_in("sni-rejected-80", CASE, FACTS, ("Go",))
    first = page.remedies[0]
    told = "\n".join((first.text, *first.commands))
    assert first.platform == "Go"
    assert "autocert.HostWhitelist" in told
    assert "Caddyfile" not in told
    assert "reload" not in told


@pytest.mark.parametrize("issuer", ["CN=eDellRoot", "O=Superfish, Inc.; CN=Superfish, Inc."])
def test_a_root_whose_key_is_public_is_said_to_be_one(issuer: str) -> None:
    case = broken(Installed("", "CN=www.example.com", issuer))
    match = inspection.inspected(case)
    assert match is not None
    assert "private key of this root is public" in match.evidence[0].text
    page = fill_in("path-inspected", case, match.facts, ())
    assert page.title.endswith("with a root whose private key is public")


def test_a_products_own_ca_is_suspected_of_no_inspection() -> None:
    untrusted = Defect(
        code="untrusted_root", kind=DefectClass.REJECTED, index=0, text="Not trusted."
    )
    for name in ("WebLogic", "Nessus", "Wazuh", "OpenVPN Access Server", "Splunk"):
        case = broken(next(each for each in SHIPPED if each.name == name))
        assert case.verdict is not None
        case = replace(case, verdict=replace(case.verdict, defects=(MISMATCH, untrusted)))
        assert "inspection-near-here" not in {each.id for each in open_questions([case], None)}
    unknown = broken(Installed("", "CN=srv", "CN=Inner CA"))
    assert unknown.verdict is not None
    case = replace(unknown, verdict=replace(unknown.verdict, defects=(MISMATCH, untrusted)))
    assert "inspection-near-here" in {each.id for each in open_questions([case], None)}


def test_an_address_binding_is_deleted_on_a_condition_alone() -> None:
    page = fill_in("default-vhost-cert", CASE, FACTS, ("IIS",))
    first = page.remedies[0]
    assert first.platform == "IIS"
    assert not any("delete" in each for each in first.commands)
    assert "Only if one with another certificate stands there delete it" in first.text


def test_a_servers_lines_are_those_of_its_own_system() -> None:
    for id in ("default-vhost-cert", "self-signed", "client-cert-required", "version-too-old"):
        first = fill_in(id, CASE, FACTS | {"aop": "none"}, ("Apache on Windows", "Apache")).remedies
        assert first[0].platform == "Apache on Windows"
        told = "\n".join((first[0].text, *first[0].commands))
        assert "apachectl" not in told
        assert "/etc/apache2" not in told
        assert "a2en" not in told
        assert "httpd -k restart" in told
