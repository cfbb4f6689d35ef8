"""The faults that servers have in common, each with the facts its page asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from cf525.model import Confidence, Place, Status, Unknown
from cf525.pki.certificate import Certificate
from cf525.pki.facts import describe
from cf525.pki.origin_ca import client_ca_mistake, names_origin_pull_ca
from cf525.servers.certificates import certificate_of
from cf525.servers.foretold import Edit, Fault
from cf525.servers.handshake import CAUSES, Refusal
from cf525.servers.library import Absence

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
MOST: Final = 5
"""How many things that keep a server from starting are told."""
NOT_READ: Final = "certificate-not-read"
MANAGED: Final = "certificate-managed"
S521, S525, S526, S520 = Status("521"), Status("525"), Status("526"), Status("520")

BEYOND: Final = "it works only by what the edge is said to offer beyond public BoringSSL"
ORIGIN_PULL: Final = Unknown(
    id="origin-pull-certificate",
    text="Whether the edge shows a client certificate: the server demands one of Cloudflare's "
    "origin-pull CA, so Authenticated Origin Pulls must be on for this host.",
    next="Look at SSL/TLS, Origin Server, Authenticated Origin Pulls.",
)

OPENED: Final = (
    "This site then asks nobody for a client certificate: who reaches it past Cloudflare is let in."
)
"""What it costs to ask for none."""
HTTP_400: Final = "HTTP/1.1 400 Bad Request"


def not_loaded(
    server: str,
    what: str,
    place: Place,
    *,
    edits: tuple[Edit, ...] = (),
    sure: bool = True,
    reason: str = "",
) -> Fault:
    """The server refuses the configuration as a whole: every site of it is down."""
    return Fault(
        cause="configuration-not-loaded",
        status=S521,
        evidence=(f"{server} does not start with this configuration: {what}",),
        places=(place,),
        confidence=HIGH if sure else MEDIUM,
        reason="" if sure else reason or "a module or another version may know it",
        facts={"server": server, "what": what},
        edits=edits,
    )


def file_absent(
    server: str, what: str, absence: Absence, place: Place, edits: tuple[Edit, ...] = ()
) -> Fault:
    """A file that the server reads at its start is not there."""
    reason = "it may have been left out of the copied tree"
    sure = absence is not Absence.GONE
    return not_loaded(server, what, place, edits=edits, sure=sure, reason=reason)


def locked_key(server: str, shown: str, place: Place) -> Fault:
    """A private key with a password that the configuration does not give."""
    what = f"the key {shown} is encrypted, and nothing gives its password"
    reason = "who starts the server at a terminal is asked for it"
    return not_loaded(server, what, place, sure=False, reason=reason)


def a_name(pattern: str) -> str:
    """A name that a pattern of a site takes, to be sent in a hello; empty where it is none."""
    named = pattern.replace("*.", "www.", 1) if pattern.startswith("*.") else pattern
    return named if named[:1].isalnum() and "*" not in named else ""


def name_refused(
    host: str,
    alert: int,
    places: tuple[Place, ...],
    *,
    why: str,
    known: str = "",
    edits: tuple[Edit, ...] = (),
) -> Fault:
    """The hello is answered with alert 112 or 80, because no site has the name."""
    said = {112: "unrecognized_name", 80: "internal_error"}[alert]
    return Fault(
        cause=f"sni-rejected-{alert}",
        status=S525,
        evidence=(f"a hello for {host} is answered with alert {alert} {said}: {why}",),
        places=places,
        facts={"known_name": a_name(known)},
        edits=edits,
    )


def plain_http(
    port: int, places: tuple[Place, ...], *, why: str, edits: tuple[Edit, ...] = ()
) -> Fault:
    """The port speaks HTTP in clear."""
    return Fault(
        cause="no-tls-on-443",
        status=S525,
        evidence=(f"port {port} is listened on without TLS: {why}",),
        places=places,
        facts={"line": HTTP_400, "unanswered": False},
        edits=edits,
    )


def proxy_header(places: tuple[Place, ...], edits: tuple[Edit, ...]) -> Fault:
    """The listener waits for a PROXY header."""
    return Fault(
        cause="proxy-protocol-expected",
        status=S525,
        evidence=("the listener takes no connection without a PROXY protocol header",),
        places=places,
        confidence=MEDIUM,
        reason="a balancer in front that adds the header would make it right",
        facts={"behind": "", "sent": "", "front": "", "read": "yes"},
        edits=edits,
    )


def header_not_sent(fault: Fault, front: Place) -> Fault:
    """The same where what hands the connection on stands in these files, and sends no header."""
    return replace(
        fault,
        evidence=("it is handed on without a PROXY header to a listener that waits for one",),
        places=tuple(dict.fromkeys((front, *fault.places))),
        confidence=HIGH,
        reason="",
        facts={**fault.facts, "front": "yes"},
    )


def unwanted_header(places: tuple[Place, ...], edits: tuple[Edit, ...]) -> Fault:
    """A PROXY header comes before the hello, for a listener that takes it for the hello."""
    return Fault(
        cause="proxy-protocol-expected",
        status=S525,
        evidence=("a PROXY protocol header is sent ahead to a listener that expects none",),
        places=places,
        facts={"behind": "", "sent": "yes", "front": "", "read": "yes"},
        edits=edits,
    )


def lacking(
    refusal: Refusal,
    places: tuple[Place, ...],
    *,
    edits: tuple[Edit, ...] = (),
    doubt: str = "",
) -> Fault:
    """Nothing in common with the edge's hello."""
    return Fault(
        cause=CAUSES[refusal.lack],
        status=S525,
        evidence=(refusal.text,),
        places=places,
        confidence=MEDIUM if doubt else HIGH,
        reason=doubt,
        facts=refusal.facts,
        edits=edits,
    )


def unanswered(
    how: str,
    places: Iterable[Place],
    *,
    edits: tuple[Edit, ...] = (),
    sure: bool = True,
    reason: str = "",
) -> Fault:
    """The handshake succeeds, and no answer to the request ever comes."""
    return Fault(
        cause="closes-after-handshake",
        status=S520,
        evidence=(how,),
        places=tuple(places),
        confidence=HIGH if sure else MEDIUM,
        reason=reason,
        edits=edits,
    )


def redirects_to_itself(
    host: str, places: tuple[Place, ...], *, edits: tuple[Edit, ...] = ()
) -> Fault:
    """TLS works, and the answer leads visitors to where they are already."""
    return Fault(
        cause="redirect-to-itself",
        status=Status("redirect-loop"),
        evidence=(f"a request for https://{host}/ is answered with a redirect to that very URL",),
        places=places,
        confidence=MEDIUM,
        reason="a site that knows its visitors by cookies may let them pass",
        facts={"answer": "301"},
        edits=edits,
    )


def closed_at_once(how: str, places: tuple[Place, ...], *, edits: tuple[Edit, ...] = ()) -> Fault:
    """The connection is closed as soon as the hello has come."""
    return Fault(
        cause="closed-after-hello",
        status=S525,
        evidence=(how,),
        places=places,
        facts={"in_clear": "", "told_in_clear": ""},
        edits=edits,
    )


def refused_protocols(listed: Iterable[str], place: Place, edits: tuple[Edit, ...]) -> Fault:
    """A listener for protocols that the edge does not offer."""
    return Fault(
        cause="alpn-no-overlap",
        status=S525,
        evidence=(f"of the protocols in ALPN it takes {', '.join(listed)} alone (alert 120)",),
        places=(place,),
        edits=edits,
    )


def nothing_listens(port: int, places: tuple[Place, ...], *, only_80: bool, server: str) -> Fault:
    """No listener on the port the edge connects to."""
    return Fault(
        cause="port-80-only" if only_80 else "port-refused",
        status=S521,
        evidence=(f"nothing in this configuration listens on port {port}",),
        places=places,
        confidence=MEDIUM,
        reason=f"another program than {server} may listen there",
        facts={},
    )


def loopback_alone(port: int, place: Place, *, server: str, edits: tuple[Edit, ...] = ()) -> Fault:
    """A listener on the port the edge connects to, which only this host can reach."""
    return Fault(
        cause="port-refused",
        status=S521,
        evidence=(f"{server} listens on port {port} at a loopback address alone",),
        places=(place,),
        confidence=MEDIUM,
        reason="a tunnel or another program of this host may lead there",
        edits=edits,
    )


def six_alone(port: int, place: Place, *, server: str, edits: tuple[Edit, ...] = ()) -> Fault:
    """A listener on the port that no connection over IPv4 reaches."""
    return Fault(
        cause="port-refused",
        status=S521,
        evidence=(f"{server} listens on port {port} over IPv6 alone",),
        places=(place,),
        confidence=MEDIUM,
        reason="a record of type AAAA alone would lead there",
        edits=edits,
    )


def default_certificate(
    host: str,
    leaf: Certificate | None,
    places: tuple[Place, ...],
    *,
    server: str,
    edits: tuple[Edit, ...] = (),
) -> Fault:
    """No site has the name, and the default's certificate goes out. It matters where the chain
    is refused for it."""
    described = describe(leaf.encoded, 0) if leaf is not None else None
    names = ", ".join(described.dns_names[:3]) if described is not None else ""
    return Fault(
        cause="default-vhost-cert",
        status=S526,
        evidence=(f"no site with TLS has the name {host}: the default one answers",),
        places=places,
        facts={
            "served": names or (described.subject if described is not None else "another name"),
            "software": server,
        },
        edits=edits,
    )


def client_certificate(
    authorities: Iterable[bytes] | None,
    places: tuple[Place, ...],
    *,
    status: Status,
    how: str,
    aop: str,
    edits: tuple[Edit, ...] = (),
) -> Fault | None:
    """A client certificate is demanded. ``authorities`` are the certificates of the CAs it must
    come from, None where they are not known; None is returned where the edge may well have it."""
    names = _names(authorities)
    facts: Mapping[str, object] = {"aop": aop}
    if names is not None and client_ca_mistake(names):
        return Fault(
            cause="aop-wrong-ca-at-origin",
            status=status,
            evidence=(client_ca_mistake(names), f"without a certificate of it the edge gets {how}"),
            places=places,
            facts={},
            edits=edits,
            price=OPENED,
        )
    if names is not None and names_origin_pull_ca(names):
        return None
    if names:
        return Fault(
            cause="mtls-unrelated",
            status=status,
            evidence=(
                "client certificates must come from another CA than Authenticated Origin Pulls'",
                f"without such a certificate the edge gets {how}",
            ),
            places=places,
            confidence=HIGH if aop == "none" else MEDIUM,
            reason=""
            if aop == "none"
            else "a certificate of that CA may have been uploaded for origin pulls of the zone",
            facts=facts,
            edits=edits,
            price=OPENED,
        )
    return Fault(
        cause="client-cert-required",
        status=status,
        evidence=(f"a client certificate is demanded; without one the edge gets {how}",),
        places=places,
        confidence=MEDIUM,
        reason="which CA it must come from is not known, nor whether the edge has such a one",
        facts={"aop": aop, "how": how, "later": ""},
        edits=edits,
        price=OPENED,
    )


def _names(authorities: Iterable[bytes] | None) -> tuple[bytes, ...] | None:
    """The DER names of CA certificates."""
    if authorities is None:
        return None
    found = (certificate_of(each) for each in authorities)
    return tuple(each.subject.encoded for each in found if each is not None)


def redirects_to_https(host: str, places: tuple[Place, ...], confidence: Confidence) -> Fault:
    """In Flexible the edge asks in clear, and is sent to HTTPS again and again."""
    return Fault(
        cause="flexible-redirect-loop",
        status=Status("redirect-loop"),
        evidence=(f"a request in clear for {host} is answered with a redirect to HTTPS",),
        places=places,
        confidence=confidence,
        reason="" if confidence is HIGH else "a condition around the redirect may exclude the edge",
        facts={},
    )


def issuer_first(server: str, place: Place, *, edits: tuple[Edit, ...] = ()) -> Fault:
    """An issuer's certificate stands first, and its key is of another type than the leaf's: the
    server starts, and ends every handshake."""
    return Fault(
        cause="leaf-not-first",
        status=S525,
        evidence=(f"a CA's certificate comes first: {server} starts, every handshake ends",),
        places=(place,),
        facts={"defect": "The server's own certificate does not stand first in its file."},
        edits=edits,
    )


def key_mismatch(places: tuple[Place, ...]) -> Fault:
    """The private key belongs to another certificate, and the server starts all the same."""
    return Fault(
        cause="key-cert-mismatch",
        status=S525,
        evidence=("the private key is not that of the certificate",),
        places=places,
        facts={},
    )


def unread(path: str, *, managed: bool = False) -> Unknown:
    """A certificate file that stands elsewhere; ``managed`` where the server makes it itself."""
    return Unknown(
        id=MANAGED if managed else NOT_READ,
        text=f"Whether the edge takes the certificate: {path} is not here to be read.",
        next="Run cf525 lint as root on the server, or with --via ssh://root@host or --wire.",
    )
