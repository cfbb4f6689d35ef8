"""Whole Apache configurations as distributions, panels and people leave them."""

from typing import Any

from tests.lint.trees import Tree

APACHE_MAIN = (
    'ServerRoot "DIR"\nServerName localhost\nPidFile DIR/apache.pid\nErrorLog DIR/error.log\n'
    "DefaultRuntimeDir DIR\n"
    + "".join(
        f"LoadModule {each}_module /usr/lib/apache2/modules/mod_{each}.so\n"
        for each in ("mpm_event", "ssl", "socache_shmcb", "authz_core", "alias", "rewrite", "macro")
    )
    + "ServerLimit 1\nStartServers 1\nThreadsPerChild 4\nMaxRequestWorkers 4\nDocumentRoot DIR/www\n"
)
SSL_CONF = """Listen PORT https
SSLSessionCache         shmcb:DIR/sslcache(512000)
<VirtualHost _default_:PORT>
# General setup for the virtual host, inherited from global configuration
SSLEngine on
SSLHonorCipherOrder on
SSLCipherSuite HIGH:MEDIUM:!aNULL:!MD5:!SEED:!IDEA
SSLCertificateFile CERTS/snakeoil.pem
SSLCertificateKeyFile CERTS/snakeoil.key
</VirtualHost>
"""
PAIR = "    SSLCertificateFile CERTS/site.pem\n    SSLCertificateKeyFile CERTS/site.key\n"


def apache(name: str, main: str, files: dict[str, str], **more: Any) -> Tree:
    own = {"apache2.conf": APACHE_MAIN + main, "www/index.html": "ok"}
    return Tree(name=name, files={**own, **files}, **more)


def rhel(site: str) -> dict[str, str]:
    return {"conf.d/ssl.conf": SSL_CONF, "conf.d/www.conf": site}


APACHE = [
    apache(
        "rhel",
        "IncludeOptional conf.d/*.conf\n",
        rhel(
            f"<VirtualHost *:PORT>\n    ServerName www.example.com:443\n    SSLEngine on\n{PAIR}</VirtualHost>\n"
        ),
    ),
    apache(
        "rhel, engine forgotten",
        "IncludeOptional conf.d/*.conf\n",
        rhel(
            f"<VirtualHost *:PORT>\n    ServerName www.example.com\n    SSLEngine off\n{PAIR}</VirtualHost>\n"
        ),
        line="SSLEngine off",
        healed=True,
    ),
    apache(
        "cpanel",
        "Listen PORT\nInclude conf/post.conf\n",
        {
            "conf/post.conf": "<IfModule ssl_module>\n<VirtualHost 127.0.0.1:PORT>\n"
            "  ServerName example.com\n  ServerAlias mail.example.com www.example.com "
            "cpanel.example.com\n  <IfModule ssl_module>\n    SSLEngine on\n\n"
            "    SSLCertificateFile CERTS/site-all.pem\n  </IfModule>\n</VirtualHost>\n"
            "<VirtualHost *:PORT>\n  ServerName server.example.net\n  SSLEngine on\n"
            "  SSLCertificateFile CERTS/other-all.pem\n</VirtualHost>\n</IfModule>\n"
        },
    ),
    apache(
        "a module by a name that it has not",
        "Listen PORT\n<IfModule mod_ssl>\n<VirtualHost *:PORT>\n    ServerName www.example.com\n"
        f"    SSLEngine on\n{PAIR}</VirtualHost>\n</IfModule>\n",
        {},
        line="Listen PORT",
    ),
    apache(
        "an old copy that is read first",
        "Listen PORT\nIncludeOptional sites/*.conf\n",
        {
            "sites/000-old-www.conf": "<VirtualHost *:PORT>\n    ServerName www.example.com\n    SSLEngine on\n"
            "    SSLCertificateFile CERTS/expired.pem\n    SSLCertificateKeyFile CERTS/expired.key\n</VirtualHost>\n",
            "sites/www.conf": f"<VirtualHost *:PORT>\n    ServerName www.example.com\n    SSLEngine on\n{PAIR}</VirtualHost>\n",
        },
        line="expired.pem",
        healed=True,
    ),
    apache(
        "a macro with its parameter misspelt",
        "Listen PORT\n<Macro Site $name $cert>\n<VirtualHost *:PORT>\n    ServerName $name\n    SSLEngine on\n"
        "    SSLCertificateFile CERTS/$crt.pem\n    SSLCertificateKeyFile CERTS/$cert.key\n"
        "</VirtualHost>\n</Macro>\nUse Site www.example.com site\n",
        {},
        line="$crt",
    ),
    apache(
        "tls 1.1 alone",
        f"Listen PORT\n<VirtualHost *:PORT>\n    ServerName www.example.com\n    SSLEngine on\n{PAIR}"
        "    SSLProtocol -all +TLSv1.1\n</VirtualHost>\n",
        {},
        line="SSLProtocol",
        healed=True,
    ),
]
