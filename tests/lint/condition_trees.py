"""Apache configurations that turn on sections that are not taken, chain files, pairs of one kind."""

from tests.lint.apache_trees import pair, tree, vhost

GONE = "Include DIR/gone.conf\n<Nowhere>\nSSLCertificateFile DIR/gone.pem\n</Nowhere>\n"


def passed(condition: str) -> str:
    name = condition.partition(" ")[0]
    return f"<{condition}>\n<Directory />\n{GONE}</Directory>\n{GONE}</{name}>\n"


PASSED = [
    tree(f"not taken: {condition}", passed(condition), vhost())
    for condition in (
        "IfVersion < 2.4",
        "IfVersion <= 2.2",
        "IfVersion !>= 2.4",
        "IfVersion 2.2.15",
        "IfFile DIR/gone.conf",
        "IfModule !ssl_module",
        "IfModule !mod_ssl.c",
        "IfModule nowhere_module",
        "IfDefine NOWHERE",
        "IfDirective Nowhere",
        "IfSection Nowhere",
    )
]
TREES = [
    *PASSED,
    tree(
        "another host for an older version",
        "<IfVersion < 2.4>\n" + vhost(cert="expired") + "</IfVersion>\n",
        vhost(),
    ),
    tree(
        "the host of this version is expired",
        "<IfVersion >= 2.4>\n" + vhost(cert="expired") + "</IfVersion>\n",
        vhost(),
        line="expired",
    ),
    tree(
        "chain file in place of the chain",
        vhost("SSLCertificateChainFile CERTS/client-ca.pem"),
        line="SSLCertificateFile",
        healed=True,
    ),
    tree(
        "wrong chain file behind a leaf",
        vhost(
            "SSLCertificateFile CERTS/site-leaf.pem",
            "SSLCertificateKeyFile CERTS/site.key",
            "SSLCertificateChainFile CERTS/client-ca.pem",
            cert="",
        ),
        line="SSLCertificateFile",
        healed=True,
    ),
    tree("the same file as chain file", vhost("SSLCertificateChainFile CERTS/site.pem")),
    tree("the last pair of a kind", vhost(pair("site"), cert="expired")),
    tree("the last pair is the bad one", vhost(pair("expired"), cert="site"), line="expired"),
    tree("the last of three", vhost(pair("rsa"), pair("site"), cert="other")),
]
