"""HAProxy frontends that hand a hello on by its name, in every way people write such rules."""

from tests.lint.haproxy_trees import frontend, tree
from tests.lint.trees import Tree

NAME = "www.example.com"
INNER = (
    "backend good\n    mode tcp\n    server s 127.0.0.1:CLEAR\n"
    "backend bad\n    mode tcp\n    server s 127.0.0.2:CLEAR\n"
    + frontend("127.0.0.1:CLEAR ssl crt CERTS/site-all.pem", name="inner")
    + frontend("127.0.0.2:CLEAR ssl crt CERTS/expired-all.pem", name="old")
)
LISTS = {
    "hosts.lst": f"# hosts\n\n  {NAME}\n",
    "others.lst": "other.example\n",
    "names.map": f"other.example good\n{NAME} bad\n",
}


def passing(*rules: str, first: tuple[str, ...] = ()) -> str:
    return frontend(
        "*:PORT",
        "mode tcp",
        "tcp-request inspect-delay 3s",
        *first,
        "tcp-request content accept if { req.ssl_hello_type 1 }",
        *rules,
        "default_backend good",
        name="door",
        rules="",
    )


def sni(name: str, *rules: str) -> Tree:
    broken = name.startswith("bad")
    line = "expired-all.pem" if broken else ""
    return tree(f"sni {name}", passing(*rules), INNER, line=line, files=LISTS)


BAD = "use_backend bad if"
TREES = [
    sni("bad by an acl", f"acl own req.ssl_sni -i {NAME}", f"{BAD} own"),
    sni("by the acl of another", "acl own req.ssl_sni -i other.example", f"{BAD} own"),
    sni("bad by a negated acl", "acl own req.ssl_sni -i other.example", f"{BAD} !own"),
    sni("bad by unless", "use_backend bad unless { req.ssl_sni -i other.example }"),
    sni("by unless", f"use_backend bad unless {{ req.ssl_sni -i {NAME} }}"),
    sni("bad by two terms", "acl a req.ssl_sni -m found", "acl b req.ssl_sni b.c", f"{BAD} a !b"),
    sni("two terms of which one fails", f"acl a req.ssl_sni {NAME}", f"{BAD} a !a"),
    sni("bad by or", f"{BAD} {{ req.ssl_sni b.example }} or {{ req.ssl_sni {NAME} }}"),
    sni("bad by bars", f"{BAD} !{{ req.ssl_sni {NAME} }} || {{ req_ssl_sni {NAME} }}"),
    sni(
        "bad by an acl told twice", "acl o req.ssl_sni b.c", f"acl o req.ssl_sni {NAME}", f"{BAD} o"
    ),
    sni("bad by its end", f"{BAD} {{ req_ssl_sni -m end -i .EXAMPLE.com }}"),
    sni("by another end", f"{BAD} {{ req.ssl_sni -m end .example.org }}"),
    sni("case counts", f"{BAD} {{ req.ssl_sni WWW.example.com }}"),
    sni("bad in lower case", f"{BAD} {{ req.ssl_sni,lower {NAME} }}"),
    sni("bad by its beginning", f"{BAD} {{ req.ssl_sni -m beg www. }}"),
    sni("bad by a part", f"{BAD} {{ req.ssl_sni -m sub w.exam }}"),
    sni("bad by a domain", f"{BAD} {{ req.ssl_sni -m dom example.com }}"),
    sni("half a label is no domain", f"{BAD} {{ req.ssl_sni -m dom xample.com }}"),
    sni("bad by a pattern", rf"{BAD} {{ req.ssl_sni -m reg ^www\\.[a-z]+\\.com$ }}"),
    sni("by another pattern", rf"{BAD} {{ req.ssl_sni -m reg ^api\\. }}"),
    sni("bad by being there", f"{BAD} {{ req.ssl_sni -m found }}"),
    sni("bad by a file", f"{BAD} {{ req.ssl_sni -i -f DIR/hosts.lst }}"),
    sni("by a file without it", f"{BAD} {{ req.ssl_sni -i -f DIR/others.lst }}"),
    sni("bad by a map", "use_backend %[req.ssl_sni,lower,map(DIR/names.map,good)]"),
    sni("the first rule counts", "use_backend good if { req.ssl_sni -m found }", f"{BAD} TRUE"),
    tree(
        "sni rejected",
        passing(first=(f"tcp-request content reject if {{ req.ssl_sni -i {NAME} }}",)),
        INNER,
        line="content reject",
    ),
    sni("accepted before it is rejected", "tcp-request content reject"),
    tree(
        "sni not rejected",
        passing(first=("tcp-request content reject unless { req.ssl_sni -m end example.com }",)),
        INNER,
    ),
]
UNKNOWN = [
    f"{BAD} {{ src 203.0.113.0/24 }}",
    f"{BAD} nobody",
    f"{BAD} {{ req.ssl_sni -m len 15 }}",
    f"{BAD} {{ req.ssl_sni -f nowhere.lst }}",
    f"{BAD} !{{ req.ssl_sni,word(1,.) www }}",
    "use_backend %[req.ssl_sni,regsub(a,b)]",
]
"""Rules that these files do not decide: nothing behind them is foretold."""
