"""Installations as they are shipped: the certificate each makes for itself, and what it answers.

The names in the certificates are those that the installers write; the keys are made here. What is
made of them stands in the tests beside.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cf525.causes.case import Case
from cf525.model import CertificateFacts, ChainVerdict, Confidence, Plaintext
from cf525.pki.facts import describe
from tests.causes.test_recognition import CASE, answering

AT = datetime(2026, 1, 1, tzinfo=UTC)
_OIDS = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "E": NameOID.EMAIL_ADDRESS,
}


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    parts = [each.partition("=") for each in text.split("; ")]
    return x509.Name([x509.NameAttribute(_OIDS[key], value) for key, _, value in parts])


def certificate(
    subject: str, issuer: str = "", names: tuple[str, ...] = (), serial: int = 4711
) -> CertificateFacts:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer or subject))
        .public_key(_key().public_key())
        .serial_number(serial)
        .not_valid_before(AT - timedelta(days=30))
        .not_valid_after(AT + timedelta(days=3650))
    )
    if names:
        alt = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alt, critical=False)
    made = builder.sign(_key(), hashes.SHA256())
    return describe(made.public_bytes(Encoding.DER), 0)


@dataclass(frozen=True)
class Installed:
    """What is seen of an installation."""

    name: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    page: str = ""
    plain: str = ""
    record: str = ""
    serial: int = 4711
    anchor: str | None = None

    def case(self) -> Case:
        seen = answering(**{key.replace("-", "_"): each for key, each in self.headers.items()})
        edge = seen.edge
        assert edge is not None
        assert edge.http is not None
        edge = replace(edge, http=replace(edge.http, body_head=self.page.encode()))
        if self.plain:
            said = Plaintext(kind="http", head=self.plain.encode())
            edge = replace(edge, plaintext=said, http=None)
        case = replace(CASE, edge=edge)
        if self.record:
            case = replace(case, route=replace(case.route, accepted_names=("a", self.record)))
        if self.subject:
            leaf = certificate(self.subject, self.issuer, self.names, self.serial)
            verdict = ChainVerdict(
                observation="o1", accepted=False, confidence=Confidence.HIGH, at=AT,
                names=("www.example.com",), certificates=(leaf,), anchor=self.anchor,
            )  # fmt: skip
            case = replace(case, verdict=verdict)
        return case


NGINX = {"server": "nginx"}
BEHIND = {"server": "Apache/2.4.57 (Debian)"}
SHIPPED = [
    Installed(
        "ingress-nginx", "O=Acme Co; CN=Kubernetes Ingress Controller Fake Certificate",
        names=("ingress.local",), headers=BEHIND,
    ),
    Installed(
        "ingress-nginx", "CN=www.example.com", "CN=cert-manager.local",
        names=("www.example.com",), headers=NGINX,
    ),
    Installed(
        "Traefik", "CN=TRAEFIK DEFAULT CERT", names=("a1b2.c3d4.traefik.default",), headers=NGINX
    ),
    Installed("Plesk", "C=CH; L=Schaffhausen; O=Plesk; CN=Plesk; E=info@plesk.com", headers=NGINX),
    Installed(
        "Plesk", "C=US; ST=Virginia; L=Herndon; O=Parallels; OU=Parallels Panel; CN=Parallels Panel"
    ),
    Installed("Plesk", headers={"server": "nginx", "x-powered-by": "PleskLin"}),
    Installed("cPanel", "CN=server.example.net; E=ssl@server.example.net", headers=BEHIND),
    Installed(
        "cPanel", "CN=www.example.com",
        "C=US; ST=TX; L=Houston; O=cPanel, Inc.; CN=cPanel, Inc. Certification Authority",
        headers={"server": "LiteSpeed"},
    ),
    Installed("cPanel", headers={"server": "cpsrvd"}),
    Installed(
        "HestiaCP",
        "C=US; ST=California; L=San Francisco; O=Hestia Control Panel; OU=IT; CN=cp.example.net",
        headers=NGINX,
    ),
    Installed(
        "HestiaCP",
        "C=US; ST=California; L=San Francisco; O=Vesta Control Panel; OU=IT; CN=cp.example.net",
    ),
    Installed(
        "Webmin", "O=Webmin Webserver on host.example.net; CN=*; E=root@host.example.net",
        headers=BEHIND,
    ),
    Installed("Webmin", headers={"server": "MiniServ/2.105"}),
    Installed("CloudPanel", page="<title>CloudPanel | Login</title>", headers=NGINX),
    Installed("CloudPanel", "O=CloudPanel; CN=CloudPanel", headers=NGINX),
    Installed(
        "CyberPanel", page="<title>Login - CyberPanel</title>", headers={"server": "LiteSpeed"}
    ),
    Installed("LiteSpeed", "O=LiteSpeedCommunity; OU=Testing; CN=webadmin"),
    Installed("aaPanel", "O=aaPanel; CN=203.0.113.7", headers=NGINX),
    Installed("DirectAdmin", "O=DirectAdmin; CN=localhost", headers=BEHIND),
    Installed("ISPConfig", "O=ISPConfig; CN=host.example.net", headers=BEHIND),
    Installed("CapRover", page="<title>CapRover</title>", headers=NGINX),
    Installed("Coolify", "CN=coolify.local", headers=NGINX),
    Installed("Dokploy", page="<title>Dokploy</title>"),
    Installed(
        "Nginx Proxy Manager", "O=localhost; OU=localhost; CN=localhost",
        headers={"server": "openresty"},
    ),
    Installed("Nginx Proxy Manager", page="<h1>You've started the Nginx Proxy Manager.</h1>"),
    Installed(
        "SWAG", "C=US; ST=CA; L=Carlsbad; O=Linuxserver.io; OU=LSIO Server; CN=*", headers=NGINX
    ),
    Installed(
        "Synology", "C=TW; L=Taipei; O=Synology Inc.; CN=synology",
        "C=TW; L=Taipei; O=Synology Inc.; CN=Synology Inc. CA", headers=NGINX,
    ),
    Installed("Synology", "CN=home.synology.me", "C=US; CN=R11", names=("home.synology.me",)),
    Installed(
        "QNAP", "C=TW; ST=Taiwan; L=Taipei; O=QNAP Systems Inc.; OU=NAS; CN=QNAP NAS",
        headers=BEHIND,
    ),
    Installed("Unraid", "O=Self-signed; OU=Unraid; CN=Tower.local", headers=NGINX),
    Installed(
        "TrueNAS", "C=US; ST=Tennessee; L=Maryville; O=iXsystems; CN=localhost", headers=NGINX
    ),
    Installed("FRITZ!Box", "CN=fritz.box", names=("fritz.box", "www.fritz.box", "myfritz.box")),
    Installed("FRITZ!Box", "CN=abcdef.myfritz.net", names=("abcdef.myfritz.net",)),
    Installed(
        "UniFi", "C=US; ST=New York; L=New York; O=Ubiquiti Inc.; OU=UniFi; CN=unifi.local",
        headers=NGINX,
    ),
    Installed("UniFi", "C=US; ST=CA; L=San Jose; O=ubnt.com; OU=UniFi; CN=UniFi"),
    Installed(
        "Proxmox", "OU=PVE Cluster Node; O=Proxmox Virtual Environment; CN=pve.example.net",
        "CN=Proxmox Virtual Environment; OU=0a1b; O=PVE Cluster Manager CA",
    ),
    Installed(
        "VMware",
        "C=US; ST=California; L=Palo Alto; O=VMware, Inc; OU=VMware ESX Server Default "
        "Certificate; CN=localhost.localdomain",
        "O=VMware Installer",
    ),
    Installed(
        "VMware", "CN=esxi1.example.net; C=US; OU=VMware Engineering",
        "CN=CA; DC=vsphere; DC=local; C=US; O=vc.example.net; OU=VMware Engineering",
    ),
    Installed("OPNsense", "C=NL; ST=ZH; L=Middelharnis; O=OPNsense self-signed web certificate"),
    Installed("pfSense", "O=pfSense GUI default Self-Signed Certificate; CN=pfSense-5f3c1"),
    Installed(
        "pfSense",
        "C=US; ST=State; L=Locality; O=pfSense webConfigurator Self-Signed Certificate; CN=fw",
        headers=NGINX,
    ),
    Installed(
        "FortiGate", "C=US; ST=California; L=Sunnyvale; O=Fortinet; OU=FortiGate; CN=FGT60E1234"
    ),
    Installed("FortiGate", headers={"server": "xxxxxxxx-xxxxx"}),
    Installed("Palo Alto", "C=US; O=Palo Alto Networks, Inc; OU=support; CN=localhost"),
    Installed(
        "SonicWall",
        "O=HTTPS Management Certificate for SonicWALL (self-signed); CN=192.168.168.168",
    ),
    Installed("Sophos", "C=GB; O=Sophos; OU=OU; CN=SophosApplianceCertificate_C0"),
    Installed("Cisco", "CN=IOS-Self-Signed-Certificate-2348612"),
    Installed(
        "BIG-IP", "C=US; ST=WA; L=Seattle; O=MyCompany; OU=IT; CN=localhost.localdomain",
        headers=BEHIND,
    ),
    Installed(
        "NetScaler", "C=US; ST=California; L=San Jose; O=Citrix ANG; OU=NS Internal; CN=default AB"
    ),
    Installed("OpenWrt", "C=ZZ; ST=Somewhere; L=Unknown; O=OpenWrt0a1b; CN=OpenWrt"),
    Installed("a router", "C=US; O=NETGEAR; CN=www.routerlogin.net"),
    Installed("a router", "CN=router.asus.com", names=("router.asus.com",)),
    Installed("a router", "CN=tplinkwifi.net", headers={"server": "nginx"}),
    Installed(
        "a management interface",
        "C=US; ST=Texas; L=Round Rock; O=Dell Inc.; OU=Remote Access Group; CN=idrac-AB12",
    ),
    Installed("Kong", "C=US; ST=California; L=San Francisco; O=Kong; OU=IT; CN=localhost"),
    Installed("Kong", headers={"server": "gunicorn", "x-kong-upstream-latency": "3"}),
    Installed("Istio", headers={"server": "istio-envoy"}),
    Installed("Envoy", headers={"server": "nginx", "x-envoy-upstream-service-time": "3"}),
    Installed("Tomcat", page="<h3>Apache Tomcat/10.1.6 (Debian)</h3></body></html>"),
    Installed(
        "Tomcat", plain="HTTP/1.1 400 \r\n\r\nThis combination of host and port requires TLS.",
        headers=BEHIND,
    ),
    Installed("Java", "ST=Unknown; L=Unknown; O=Unknown; OU=Unknown; CN=Unknown"),
    Installed("Open Liberty", "C=us; O=ibm; OU=defaultServer; CN=localhost"),
    Installed("Kestrel", headers={"server": "Kestrel"}),
    Installed("IIS", "CN=WMSvc-SHA2-WEB01", headers={"server": "Microsoft-IIS/10.0"}),
    Installed("lighttpd", headers={"server": "lighttpd/1.4.69"}),
    Installed(
        "stunnel",
        "C=PL; ST=Mazovia Province; L=Warsaw; O=Stunnel Developers; OU=Provisional CA; "
        "CN=localhost",
        headers=NGINX,
    ),
    Installed(
        "Apache",
        "C=--; ST=SomeState; L=SomeCity; O=SomeOrganization; OU=SomeOrganizationalUnit; "
        "CN=localhost.localdomain",
    ),
    Installed(
        "Apache", "C=US; O=Unspecified; CN=host.example.net",
        "C=US; O=Unspecified; OU=ca-4832; CN=host.example.net",
    ),
    Installed("Apache", "CN=localhost", serial=0xB5C752C98781B503),
    Installed(
        "Caddy", "CN=www.example.com", "CN=Caddy Local Authority - ECC Intermediate",
        headers=NGINX,
    ),
    Installed("Caddy", headers={"server": "gunicorn", "via": "1.1 Caddy"}),
    Installed("Go", plain="HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an "
              "HTTPS server.\n"),
    Installed("Kubernetes API", "CN=kube-apiserver", "CN=kubernetes", names=("kubernetes",)),
    Installed("mailcow", "C=DE; ST=NRW; L=Willich; O=mailcow; OU=mailcow; CN=mail", headers=NGINX),
    Installed("AWS", "CN=www.example.com", "C=US; O=Amazon; CN=Amazon RSA 2048 M02", headers=NGINX),
    Installed(
        "Azure", "CN=*.azurewebsites.net", "C=US; O=Microsoft Corporation; CN=Microsoft Azure RSA "
        "TLS Issuing CA 03", names=("*.azurewebsites.net",),
        headers={"server": "Microsoft-IIS/10.0"},
    ),
    Installed("Heroku", "CN=*.herokuapp.com", names=("*.herokuapp.com",), headers=NGINX),
    Installed("GitHub Pages", "CN=*.github.io", names=("*.github.io", "github.io")),
    Installed("Netlify", record="site.netlify.app", headers=BEHIND),
    Installed("ngrok", "CN=*.ngrok.app", names=("*.ngrok.app",)),
    Installed("Fly.io", record="app.fly.dev", headers={"server": "nginx"}),
    Installed("HAProxy", plain="HTTP/1.0 400 Bad request\r\n\r\n<html><body><h1>400 Bad request"
              "</h1>\nYour browser sent an invalid request.\n</body></html>\n", headers=BEHIND),
    Installed(
        "Apache", "C=US; O=Unspecified; CN=web01.example.net; E=root@web01.example.net",
        "C=US; O=Unspecified; OU=ca-4512345678901234567; CN=web01.example.net; "
        "E=root@web01.example.net",
        headers={"server": "Apache/2.4.57 (Rocky Linux) OpenSSL/3.0.7"},
    ),
    Installed("Python", "O=Dummy Certificate; CN=*", headers={"server": "Werkzeug/3.0.1"}),
    Installed(
        "APISIX", "C=CN; ST=GuangDong; L=ZhuHai; O=iresty; CN=test.com", names=("test.com",),
        headers={"server": "openresty"},
    ),
    Installed(
        "MinIO", "O=Certgen Development; OU=root@store",
        headers={"server": "MinIO", "x-amz-request-id": "17A"},
        page="<Error><Code>AccessDenied</Code></Error>",
    ),
    Installed(
        "Jetty", "CN=Unknown; OU=Unknown; O=Unknown; L=Unknown; ST=Unknown",
        headers={"server": "Jetty(10.0.18)", "x-jenkins": "2.426.3"},
    ),
    Installed("Node", "C=US; ST=Virginia; L=Blacksburg; O=Test; OU=Test; CN=example.org"),
    Installed(
        "OpenShift", "CN=*.apps.ocp.example.net", "CN=ingress-operator@1690000000",
        names=("*.apps.ocp.example.net",), headers=BEHIND,
    ),
    Installed(
        "Rancher", "O=dynamic; CN=dynamic", "O=dynamiclistener-org; CN=dynamiclistener-ca@169",
        names=("rancher.cattle-system",),
    ),
    Installed(
        "SonicWall",
        "C=US; ST=California; L=Sunnyvale; O=HTTPS Management Certificate for SonicWALL "
        "(self-signed); CN=192.168.168.168",
        headers={"server": "SonicWALL"},
    ),
    Installed(
        "Sophos", "C=GB; L=Abingdon; O=Sophos; OU=OU; CN=Appliance_Certificate_a1b2c3",
        "C=GB; L=Abingdon; O=Sophos; OU=OU; CN=Default_CA_a1b2c3",
    ),
    Installed("MikroTik", "CN=webfig", page="<title>RouterOS router configuration page</title>"),
    Installed(
        "EdgeRouter", "C=US; ST=CA; L=San Jose; O=Ubiquiti Networks; CN=UBNT Router UI",
        headers={"server": "lighttpd"},
    ),
    Installed("a router", "C=TW; O=DrayTek Corp.; OU=DrayTek Support; CN=Vigor Router"),
    Installed("a router", "C=DE; O=Deutsche Telekom AG; CN=speedport.ip", names=("speedport.ip",)),
    Installed("ASUSTOR", "C=TW; L=Taipei; O=ASUSTOR Inc.; CN=support", headers=BEHIND),
    Installed("Pi-hole", "CN=pi.hole", names=("pi.hole",)),
    Installed("a camera", "C=SE; O=Axis Communications AB; CN=axis-accc8e1", headers=BEHIND),
    Installed(
        "a management interface", "C=US; O=Hewlett Packard Enterprise; OU=ISS; CN=ILOCZ1",
        "C=US; O=Hewlett Packard Enterprise; OU=ISS; CN=Default Issuer (Do not trust)",
    ),
    Installed(
        "Vercel", "CN=*.vercel.app", names=("*.vercel.app", "vercel.app"),
        headers={"server": "Vercel", "x-vercel-error": "DEPLOYMENT_NOT_FOUND"},
    ),
    Installed("Render", "CN=onrender.com", names=("onrender.com", "*.onrender.com"), headers=NGINX),
    Installed(
        "Azure", "L=Redmond; O=Microsoft Corporation; CN=*.azureedge.net",
        names=("*.azureedge.net", "*.azurefd.net"), headers={"x-azure-ref": "0abc"},
    ),
    Installed("GCP", "CN=*.a.run.app", names=("*.a.run.app", "*.run.app")),
    Installed(
        "Fastly", "CN=default.ssl.fastly.net", names=("default.ssl.fastly.net",),
        headers={"server": "Varnish"}, page="<h1>Fastly error: unknown domain: a.example</h1>",
    ),
    Installed("a shared host", "CN=*.kundenserver.de", names=("*.kundenserver.de",)),
    Installed("Tailscale", record="host.tail1234.ts.net"),
    Installed("a router", "O=Ruckus Wireless Inc.; CN=scg.ruckuswireless.com", headers=BEHIND),
    Installed("a router", "CN=abc123.fbxos.fr", names=("abc123.fbxos.fr",), headers=NGINX),
    Installed("a management interface", "C=US; O=HP; OU=HP-IPG; CN=HP3C2AF4"),
    Installed(
        "a management interface", "O=Nutanix Inc.; CN=*.nutanix.local", names=("*.nutanix.local",),
        headers=BEHIND,
    ),
    Installed("a hosted platform", "CN=*.deno.dev", names=("*.deno.dev",)),
    Installed("a hosted platform", "CN=*.ghost.io", names=("*.ghost.io",), headers=NGINX),
    Installed("proxy", "CN=*.kxcdn.com", names=("*.kxcdn.com",), headers=NGINX),
    Installed(
        "YunoHost", "CN=www.example.com", "CN=yunohost.org", names=("www.example.com",),
        headers={"server": "nginx", "x-sso-wat": "You've just been SSOed"},
    ),
    Installed("NGINX Ingress Controller", "CN=NGINXIngressController", headers=NGINX),
    Installed("Nginx Proxy Manager", "O=Nginx Proxy Manager; OU=Dummy Certificate; CN=localhost"),
    Installed(
        "WebLogic", "C=US; ST=MyState; L=MyTown; O=MyOrganization; OU=FOR TESTING ONLY; CN=wls01",
        "C=US; ST=MyState; L=MyTown; O=MyOrganization; OU=FOR TESTING ONLY; CN=CertGenCA",
        page="<H4>10.4.5 404 Not Found</H4>",
    ),
    Installed("GlassFish", "C=US; O=Oracle Corporation; OU=GlassFish; CN=localhost"),
    Installed("WildFly", headers={"server": "WildFly/10"}),
    Installed(
        "Kubernetes API", "O=k3s; CN=k3s", "CN=k3s-server-ca@1700000000",
        names=("kubernetes", "localhost"), page='{"kind":"Status","apiVersion":"v1"}',
    ),
    Installed("Kubernetes API", "CN=node1@1700000001", "CN=node1-ca@1700000000"),
    Installed("Kubernetes API", "CN=node1", "CN=etcd-ca"),
    Installed("Argo CD", "O=Argo CD; CN=localhost"),
    Installed(
        "Apache on Windows", "CN=localhost", serial=0xB5C752C98781B503,
        headers={"server": "Apache/2.4.58 (Win64) OpenSSL/3.1.3 PHP/8.2.12"},
    ),
    Installed("Apache on Windows", headers={"server": "Apache/2.4.58 (Win64) OpenSSL/3.1.3"}),
    Installed(
        "Exchange", "CN=EXCH01", headers={"server": "Microsoft-IIS/10.0", "x-feserver": "EXCH01"}
    ),
    Installed(
        "Juniper", "CN=AB1234567890; CN=system generated; CN=self-signed",
        headers={"server": "Embedthis-http"},
    ),
    Installed(
        "Splunk", "CN=SplunkServerDefaultCert; O=SplunkUser",
        "C=US; ST=CA; L=San Francisco; O=Splunk; CN=SplunkCommonCA",
        headers={"server": "Splunkd"},
    ),
    Installed(
        "Elasticsearch", "CN=siem", "CN=Elasticsearch security auto-configuration HTTP CA",
        headers={"x-elastic-product": "Elasticsearch"},
    ),
    Installed("Elasticsearch", "CN=instance", "CN=Elastic Certificate Tool Autogenerated CA"),
    Installed("Kibana", headers={"kbn-name": "kibana"}),
    Installed(
        "Wazuh", "C=US; L=California; O=Wazuh; OU=Wazuh; CN=wazuh-dashboard",
        "OU=Wazuh; O=Wazuh; L=California", headers={"osd-name": "wazuh-dashboard"},
    ),
    Installed("OpenSearch", "DC=de; L=test; O=node; OU=node; CN=node-0.example.com"),
    Installed("OpenSearch", headers={"osd-name": "dashboards"}),
    Installed(
        "Nessus", "O=Nessus Users United; OU=Nessus Server; L=New York; C=US; CN=scan01",
        "O=Nessus Users United; CN=Nessus Certification Authority",
        headers={"server": "NessusWWW"},
    ),
    Installed("Greenbone", "C=DE; L=Osnabrueck; O=GVM Users; CN=scan02"),
    Installed("Nexpose", "O=Rapid7; CN=Rapid7 Security Console"),
    Installed(
        "OpenVPN Access Server", "CN=vpn01", "CN=OpenVPN Web CA 2024.02.10 14:50:56 UTC vpn01",
        names=("vpn01",), headers={"server": "OpenVPN-AS"},
    ),
    Installed("Mumble", "CN=Murmur Autogenerated Certificate v2"),
    Installed("Syncthing", "O=Syncthing; OU=Automatically Generated; CN=syncthing"),
    Installed("Deluge", "CN=Deluge Daemon"),
    Installed("LXD", "O=Linux Containers; CN=root@box"),
    Installed(
        "Consul", "CN=server.dc1.consul",
        "C=US; O=HashiCorp Inc.; CN=Consul Agent CA 313019", names=("server.dc1.consul",),
    ),
    Installed("Puppet", "CN=foreman.example.net", "CN=Puppet CA: puppet.example.net"),
    Installed("Ceph", "O=IT; CN=ceph-dashboard"),
    Installed("SAP", "C=DE; O=SAP Trust Community; OU=SAP Web AS; CN=erp.example.lan"),
    Installed(
        "a mail server", "OU=IMAP server; CN=imap.example.com; E=postmaster@example.com"
    ),
    Installed(
        "a mail server",
        "C=US; ST=NY; L=New York; O=Courier Mail Server; OU=Automatically-generated IMAP SSL key; "
        "CN=localhost",
    ),
]  # fmt: skip
NOTHING = [
    Installed("", "CN=www.example.com", "C=US; O=Let's Encrypt; CN=R11"),
    Installed("", "CN=localhost"),
    Installed("", "O=mkcert development certificate; OU=me@host", "O=mkcert development CA"),
    Installed("", "CN=www.example.com", "O=Smallstep; CN=Smallstep Intermediate CA"),
    Installed("", "CN=www.example.com", "CN=Pebble Intermediate CA 28cc57"),
    Installed("", "CN=www.example.com", "O=(STAGING) Let's Encrypt; CN=(STAGING) Riddling R11"),
    Installed("", "C=AU; ST=Some-State; O=Internet Widgits Pty Ltd"),
    Installed("", "C=US; L=Palo Alto; O=Example Inc; CN=www.example.com"),
    Installed("", "C=US; O=Not Synology Fans; CN=www.example.com"),
    Installed("", "CN=plesk-hosting.example"),
    Installed("", "C=SE; O=Quill Electronics AB; CN=quill-4711", headers=NGINX),
    Installed("", headers={"server": "quill/1.0"}),
    Installed("", headers={"server": "Cowboy"}),  # what Erlang's applications say, on Heroku or not
    Installed("", headers={"x-amz-request-id": "17A"}),  # every store that speaks S3
    Installed("", "CN=nextcloud.example.com", names=("nextcloud.example.com",)),
    Installed("", "CN=router.example.net", names=("router.example.net",)),
    Installed("", "CN=synology-fans.example"),
    Installed(
        "", "O=Fortinet, Inc.; CN=www.example.com", "O=DigiCert Inc; CN=G5", anchor="DigiCert"
    ),
    Installed(
        "", "O=Vodafone GmbH; CN=www.example.com", "O=DigiCert Inc; CN=G5", anchor="DigiCert"
    ),
    Installed("", page="<title>Moving from CapRover to Coolify, aaPanel and Plesk</title>"),
]
