"""Apache configurations as people write them: healthy ones, tempting ones, broken ones."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.lint.trees import Tree

MODULES = "".join(
    f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
    for name in (
        "mpm_event",
        "ssl",
        "socache_shmcb",
        "authz_core",
        "headers",
        "alias",
        "rewrite",
        "macro",
    )
)
MAIN = (
    "ServerRoot DIR\nServerName localhost\nPidFile DIR/apache.pid\nErrorLog DIR/error.log\n"
    "DefaultRuntimeDir DIR\n" + MODULES + "StartServers 1\nServerLimit 1\nThreadsPerChild 4\n"
    "MaxRequestWorkers 4\nDocumentRoot DIR/www\nInclude DIR/ports.conf\n"
    "IncludeOptional DIR/sites-enabled/*.conf\n"
)
PORTS = "Listen CLEAR\n<IfModule ssl_module>\n    Listen PORT\n</IfModule>\n"


def pair(name: str) -> str:
    return f"SSLCertificateFile CERTS/{name}.pem\n    SSLCertificateKeyFile CERTS/{name}.key"


def vhost(
    *lines: str,
    name: str = "www.example.com",
    cert: str = "site",
    at: str = "*:PORT",
    engine: str = "SSLEngine on",
) -> str:
    named = f"    ServerName {name}\n" if name else ""
    own = f"    {pair(cert)}\n" if cert else ""
    more = "".join(f"    {line}\n" for line in lines)
    return f"<VirtualHost {at}>\n{named}    {engine}\n{own}{more}</VirtualHost>\n\n"


def tree(
    name: str,
    *hosts: str,
    main: str = MAIN,
    ports: str = PORTS,
    files: Mapping[str, str] = MappingProxyType({}),
    **more: Any,
) -> Tree:
    own = {"apache2.conf": main, "ports.conf": ports, "www/index.html": "ok"}
    own["sites-enabled/site.conf"] = "".join(hosts)
    return Tree(name=name, files={**own, **files}, **more)


DEFAULT = vhost(name="default.example.net", cert="snakeoil")
CLEAR = "<VirtualHost *:CLEAR>\n    ServerName www.example.com\n    Redirect permanent / https://www.example.com/\n</VirtualHost>\n"

HEALTHY = [
    tree("plain", vhost()),
    tree("alias", DEFAULT, vhost("ServerAlias www.example.com", name="example.com")),
    tree("alias wildcard", DEFAULT, vhost("ServerAlias *.example.com", name="example.com")),
    tree("only one, other name", vhost(name="example.com")),
    tree("default and ours", DEFAULT, vhost(), CLEAR),
    tree("_default_", vhost(at="_default_:PORT")),
    tree("any port", vhost(at="*")),
    tree("https by listen, no engine", vhost(engine=""), ports="Listen PORT https\n"),
    tree("tls 1.2 alone", vhost("SSLProtocol -all +TLSv1.2")),
    tree(
        "mozilla",
        vhost(
            "SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1",
            "SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
            "SSLHonorCipherOrder off",
            "SSLSessionTickets off",
        ),
    ),
    tree(
        "certbot",
        vhost("Include DIR/options-ssl-apache.conf"),
        files={
            "options-ssl-apache.conf": "SSLEngine on\nSSLProtocol all -SSLv2 -SSLv3 -TLSv1 -TLSv1.1\nSSLOptions +StrictRequire\n"
        },
    ),
    tree("ifmodule mod_ssl.c", "<IfModule mod_ssl.c>\n" + vhost() + "</IfModule>\n"),
    tree(
        "chain file",
        vhost(
            "SSLCertificateFile CERTS/site-leaf.pem",
            "SSLCertificateKeyFile CERTS/site.key",
            "SSLCertificateChainFile CERTS/intermediate.pem",
            cert="",
        ),
    ),
    tree(
        "chain out of the ca file",
        vhost(
            "SSLCertificateFile CERTS/site-leaf.pem",
            "SSLCertificateKeyFile CERTS/site.key",
            "SSLCACertificateFile CERTS/intermediate.pem",
            cert="",
        ),
    ),
    tree("strict sni check", vhost("SSLStrictSNIVHostCheck on")),
    tree(
        "verify optional",
        vhost("SSLVerifyClient optional", "SSLCACertificateFile CERTS/client-ca.pem"),
    ),
    tree(
        "verify elsewhere",
        vhost(
            "SSLVerifyClient require",
            "SSLCACertificateFile CERTS/client-ca.pem",
            name="admin.example.com",
        ),
        vhost(),
    ),
    tree(
        "protocol of another host",
        vhost("SSLProtocol -all +TLSv1.1", name="old.example.net", cert="other"),
        vhost(),
    ),
    tree(
        "proxy directives are not ours",
        vhost("SSLProxyEngine on", "SSLProxyVerify require", "SSLProxyProtocol -all +TLSv1.1"),
    ),
    tree(
        "define",
        "Define site CERTS\n"
        + vhost(
            "SSLCertificateFile ${site}/site.pem", "SSLCertificateKeyFile ${site}/site.key", cert=""
        ),
    ),
    tree(
        "macro",
        "<Macro Site $name $cert>\n<VirtualHost *:PORT>\nServerName $name\nSSLEngine on\nSSLCertificateFile CERTS/$cert.pem\nSSLCertificateKeyFile CERTS/$cert.key\n</VirtualHost>\n</Macro>\nUse Site other.example.net other\nUse Site www.example.com site\n",
    ),
    tree(
        "continuation",
        vhost("SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:\\\nECDHE-RSA-AES128-GCM-SHA256"),
    ),
    tree("crlf", vhost().replace("\n", "\r\n")),
    tree(
        "tabs and case",
        vhost()
        .replace("    ", "\t")
        .replace("SSLEngine", "sslengine")
        .replace("ServerName", "SERVERNAME"),
    ),
    tree(
        "quotes",
        vhost(
            'SSLCertificateFile "CERTS/site.pem"', 'SSLCertificateKeyFile "CERTS/site.key"', cert=""
        ),
    ),
    tree("comments", "# <VirtualHost *:PORT>\n#SSLEngine off\n" + vhost("# SSLProtocol -all")),
    tree(
        "curves of another host",
        vhost(),
        vhost("SSLOpenSSLConfCmd Curves X448", name="b.example.net", cert="other"),
    ),
    tree("address", vhost(at="127.0.0.1:PORT")),
    tree(
        "relative files",
        vhost("SSLCertificateFile ssl/site.pem", "SSLCertificateKeyFile ssl/site.key", cert=""),
        links={"ssl/site.pem": "CERTS/site.pem", "ssl/site.key": "CERTS/site.key"},
    ),
    tree(
        "engine in the main server",
        vhost(engine=""),
        main=MAIN.replace(
            "Include DIR/ports",
            "SSLEngine on\nSSLCertificateFile CERTS/other.pem\nSSLCertificateKeyFile CERTS/other.key\nInclude DIR/ports",
        ),
    ),
    tree("name with a port", DEFAULT, vhost(name="https://www.example.com:PORT")),
    tree(
        "ifdefine off",
        vhost(),
        "<IfDefine STAGING>\n" + vhost("SSLVerifyClient require") + "</IfDefine>\n",
    ),
]
BROKEN = [
    tree(
        "named host without engine",
        DEFAULT,
        vhost(engine=""),
        line="<VirtualHost *:PORT>",
        healed=True,
    ),
    tree(
        "named host with engine off",
        DEFAULT,
        vhost(engine="SSLEngine off"),
        line="SSLEngine off",
        healed=True,
    ),
    tree(
        "a pattern for a name",
        vhost(name="*.example.com"),
        line="ServerName *.example.com",
        healed=True,
    ),
    tree(
        "name not in any host",
        DEFAULT,
        vhost(name="example.com"),
        line="<VirtualHost *:PORT>",
        healed=True,
    ),
    tree(
        "name only in clear",
        DEFAULT,
        vhost(name="elsewhere.example.net", cert="site"),
        CLEAR,
        line="<VirtualHost *:PORT>",
        healed=True,
    ),
    tree("engine off", vhost(engine="SSLEngine off"), line="SSLEngine off", healed=True),
    tree("no engine", vhost(engine=""), line="<VirtualHost *:PORT>", healed=True),
    tree(
        "first host without engine",
        vhost(name="a.example.net", cert="", engine=""),
        vhost(),
        line="<VirtualHost *:PORT>",
    ),
    tree(
        "leaf only",
        vhost(
            "SSLCertificateFile CERTS/site-leaf.pem",
            "SSLCertificateKeyFile CERTS/site.key",
            cert="",
        ),
        line="site-leaf.pem",
        healed=True,
    ),
    tree("expired", vhost(cert="expired"), line="expired.pem", healed=True),
    tree("self-signed", vhost(cert="snakeoil"), line="snakeoil.pem", healed=True),
    tree("other certificate", vhost(cert="other"), line="other.pem", healed=True),
    tree("missing certificate", vhost(cert="nowhere"), line="nowhere"),
    tree(
        "missing key",
        vhost(
            "SSLCertificateFile CERTS/site.pem", "SSLCertificateKeyFile CERTS/nowhere.key", cert=""
        ),
        line="nowhere.key",
    ),
    tree(
        "missing certificate of another host",
        vhost(name="a.example.net", cert="nowhere"),
        vhost(),
        line="nowhere",
    ),
    tree("no certificate", vhost(cert=""), line="SSLEngine on"),
    tree(
        "disorder",
        vhost(
            "SSLCertificateFile CERTS/disorder.pem",
            "SSLCertificateKeyFile CERTS/disorder.key",
            cert="",
        ),
        line="disorder.pem",
        healed=True,
    ),
    tree(
        "wrong key",
        vhost(
            "SSLCertificateFile CERTS/site.pem", "SSLCertificateKeyFile CERTS/other.key", cert=""
        ),
        line="other.key",
        keys=True,
    ),
    tree(
        "old versions", vhost("SSLProtocol -all +TLSv1 +TLSv1.1"), line="SSLProtocol", healed=True
    ),
    tree(
        "protocol of the first, where the named one has none",
        vhost("SSLProtocol -all +TLSv1.1", name="old.example.net", cert="other"),
        vhost(),
        line="SSLProtocol",
        healed=True,
    ),
    tree("illegal protocol", vhost("SSLProtocol TLSv1.4"), line="SSLProtocol"),
    tree(
        "no suite in common",
        vhost("SSLProtocol -all +TLSv1.2", "SSLCipherSuite DHE-RSA-AES256-GCM-SHA384"),
        line="SSLCipherSuite",
        healed=True,
    ),
    tree(
        "rsa suites",
        vhost("SSLProtocol TLSv1.2", "SSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256"),
        line="SSLCipherSuite",
        healed=True,
    ),
    tree("no such cipher", vhost("SSLCipherSuite NOSUCH"), line="SSLCipherSuite", healed=True),
    tree("curves", vhost("SSLOpenSSLConfCmd Curves X448"), line="SSLOpenSSLConfCmd", healed=True),
    tree(
        "curves of the first",
        vhost("SSLOpenSSLConfCmd Curves X448", name="a.example.net", cert="other"),
        vhost(),
        line="SSLOpenSSLConfCmd",
        healed=True,
    ),
    tree(
        "client certificate",
        vhost("SSLVerifyClient require", "SSLCACertificateFile CERTS/client-ca.pem"),
        line="SSLVerifyClient",
        healed=True,
    ),
    tree(
        "client certificate, tls 1.2",
        vhost(
            "SSLProtocol TLSv1.2",
            "SSLVerifyClient require",
            "SSLCACertificateFile CERTS/client-ca.pem",
        ),
        line="SSLVerifyClient",
        healed=True,
    ),
    tree(
        "address hides the name",
        vhost(at="127.0.0.1:PORT", name="panel.example.net", cert="other"),
        vhost(),
        line="ServerName www.example.com",
        healed=True,
    ),
    tree("no listen", vhost(), ports="Listen CLEAR\n", line="Listen CLEAR", healed=True),
    tree("listen twice", vhost(), ports=PORTS + "Listen PORT\n", line="Listen PORT", healed=True),
    tree(
        "module not loaded",
        "<IfModule mod_ssl.c>\n" + vhost() + "</IfModule>\n",
        main=MAIN.replace("LoadModule ssl_module", "#LoadModule ssl_module"),
    ),
    tree("section left open", vhost().replace("</VirtualHost>", ""), line="<VirtualHost"),
    tree("misspelt", vhost("SSLProtocl TLSv1.2"), line="SSLProtocl"),
    tree("missing include", vhost("Include DIR/gone.conf"), line="gone.conf"),
    tree("undefined macro", "Use Nothing x\n" + vhost(), line="Use Nothing"),
    tree("ed25519", vhost(cert="ed"), line="ed.pem"),
    tree(
        "second of two equal names", vhost(cert="expired"), vhost(), line="expired.pem", healed=True
    ),
]
TREES = [*HEALTHY, *BROKEN]
