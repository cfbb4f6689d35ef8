"""How many words Apache's commands take, and which: it does not start with others.

Source: the command tables of mod_ssl, core, mod_rewrite and mod_proxy of httpd 2.4 (documented);
those that a test has were measured with 2.4.71.
"""

from collections.abc import Iterator
from typing import Final

from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault
from cf525.servers.lines import LineMender
from cf525.servers.tree import Directive

APACHE: Final = "Apache"
_FLAGS: Final = frozenset(
    ("sslhonorcipherorder", "sslcompression", "sslsessiontickets", "sslusestapling",
     "sslstrictsnivhostcheck", "sslinsecurerenegotiation", "sslstaplingfaketrylater",
     "sslstaplingreturnrespondererrors", "sslproxyengine", "rewriteengine", "proxypreservehost")
)  # fmt: skip
_ONE: Final = frozenset(
    ("sslcertificatefile", "sslcertificatekeyfile", "sslcertificatechainfile",
     "sslcacertificatefile", "sslverifyclient", "sslverifydepth", "servername", "documentroot")
)  # fmt: skip
_VERIFY: Final = frozenset(("none", "optional", "require", "optional_no_ca"))


def wrong(each: Directive, mender: LineMender) -> Iterator[Fault]:
    """The fault of a command whose words are too many, too few, or none that it takes."""
    name, words = each.name.lower(), each.args
    if any("${" in word or "%{" in word for word in words):
        return
    if name in _FLAGS and (len(words) != 1 or words[0].lower() not in ("on", "off")):
        on = words[:1] != () and words[0].lower() in ("yes", "true", "1", "enabled", "enable")
        edits = mender.words(each.place, (each.name, *words), (each.name, "on")) if on else ()
        yield _told(each, f"{each.name} must be on or off", edits)
    elif name in _ONE and len(words) != 1:
        yield _told(each, f"{each.name} takes one argument, not {len(words)}")
    elif name == "sslverifyclient" and words[0].lower() not in _VERIFY:
        yield _told(each, f'SSLVerifyClient has an invalid argument "{words[0]}"')
    elif name == "sslopensslconfcmd" and len(words) != 2:
        yield _told(each, f"SSLOpenSSLConfCmd takes two arguments, not {len(words)}")
    elif name == "sslciphersuite":
        yield from _suites(each, mender)


def _suites(each: Directive, mender: LineMender) -> Iterator[Fault]:
    """A list that blanks divide is several arguments; the first of two names a protocol."""
    words = each.args
    if len(words) == 1 or (len(words) == 2 and words[0].lower() in ("ssl", "tlsv1.3")):
        return
    what = f"SSLCipherSuite takes one or two arguments, not {len(words)}"
    if len(words) == 2:
        what = f'SSLCipherSuite has an unknown protocol "{words[0]}"'
    joined = ":".join(filter(None, (word.strip(":") for word in words)))
    yield _told(each, what, mender.words(each.place, (each.name, *words), (each.name, joined)))


def _told(each: Directive, what: str, edits: tuple[Edit, ...] = ()) -> Fault:
    return faults.not_loaded(APACHE, what, each.place, edits=edits)
