"""What lies beside the configuration and is not loaded: a site under a name that no pattern takes,
a site nobody enabled, an issuer in another folder. Labelled by the servers."""

from tests.lint.trees import Tree
from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import TLS, nginx

MAIN = (
    "user root;\nevents {}\nhttp {\n\taccess_log off;\n\tinclude DIR/conf.d/*.conf;\n"
    "\tinclude DIR/sites-enabled/*.conf;\n}\n"
)
SITE = (
    f"server {{\n\tlisten PORT ssl;\n\tserver_name www.example.com;\n\t{TLS}\n\treturn 200;\n}}\n"
)
DEFAULT = (
    "server {\n\tlisten PORT ssl default_server;\n\tserver_name _;\n"
    "\tssl_certificate CERTS/snakeoil.pem;\n\tssl_certificate_key CERTS/snakeoil.key;\n\treturn 200;\n}\n"
)
REJECTING = "server {\n\tlisten PORT ssl default_server;\n\tssl_reject_handshake on;\n}\n"
NGINX = [
    nginx(
        "a site file without the ending that is included",
        {"conf.d/default.conf": DEFAULT, "sites-enabled/www.example.com": SITE},
        MAIN,
        line="server_name www.example.com",
        healed=True,
    ),
    nginx(
        "a link without the ending, before a default that rejects",
        {"conf.d/default.conf": REJECTING, "sites-available/www": SITE},
        MAIN,
        links={"sites-enabled/www": "../sites-available/www"},
        line="server_name www.example.com",
        healed=True,
    ),
    nginx(
        "a link without the ending, beside a site that could take the name",
        {
            "conf.d/default.conf": REJECTING,
            "sites-available/www": SITE,
            "sites-enabled/shop.conf": SITE.replace("www.example.com", "shop.example.com"),
        },
        MAIN,
        links={"sites-enabled/www": "../sites-available/www"},
        line="server_name www.example.com",
        healed=True,
    ),
    nginx(
        "an old copy beside the site in use",
        {"conf.d/default.conf": DEFAULT, "conf.d/www.conf": SITE, "conf.d/www.conf.bak": SITE},
        MAIN,
    ),
    nginx(
        "a site put away by its ending",
        {"conf.d/default.conf": DEFAULT, "conf.d/www.conf.disabled": SITE},
        MAIN,
        line="server_name www.example.com",
    ),
]
FIRST = (
    "Listen PORT\n<VirtualHost *:PORT>\n    ServerName x.example.net\n    SSLEngine on\n"
    "    SSLCertificateFile CERTS/other.pem\n    SSLCertificateKeyFile CERTS/other.key\n</VirtualHost>\n"
)
HOST = f"<VirtualHost *:PORT>\n    ServerName www.example.com\n    SSLEngine on\n{PAIR}</VirtualHost>\n"
APACHE = [
    apache(
        "a site file without the ending that is included",
        FIRST + "IncludeOptional sites-enabled/*.conf\n",
        {"sites-available/www.example.com": HOST},
        links={"sites-enabled/www.example.com": "../sites-available/www.example.com"},
        line="ServerName www.example.com",
        healed=True,
    ),
    apache(
        "a site that is not enabled",
        FIRST + "IncludeOptional sites-enabled/*.conf\n",
        {"sites-available/www.conf": HOST, "sites-enabled/other.conf": "# nothing\n"},
        line="ServerName www.example.com",
    ),
]
HAPROXY: list[Tree] = []
CADDY: list[Tree] = []
