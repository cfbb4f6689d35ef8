"""cloudflared: which ingress rule has the name, and whether its service's TLS can succeed.

The edge shakes hands with no origin here; cloudflared does, and what fails there shows as 502.
Source: cloudflared's configuration file reference.
"""

import re
from dataclasses import replace

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.model import Place, Status
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.documents import read
from cf525.servers.foretold import Fault, Foretold
from cf525.servers.gotls import fits
from cf525.servers.library import Library, decoded
from cf525.servers.nodemend import NodeMender
from cf525.servers.nodes import Node
from cf525.servers.question import Question

CLOUDFLARED = "cloudflared"
S502 = Status("502")
_INGRESS = lazy_pattern(r"^ingress:[ \t\r]*$", re.MULTILINE)
_SERVICE = lazy_pattern(r"^[ \t]*-?[ \t]*service:[ \t]*\S", re.MULTILINE)
_HERE = lazy_pattern(r"https://(?:localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\])(?::\d+)?(?:/|$)")


def looks_like(text: str) -> bool:
    """Whether a text is cloudflared's config.yml."""
    ingress = _INGRESS.search(text)
    return ingress is not None and _SERVICE.search(text, ingress.end()) is not None


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What cloudflared would meet in the edge's place."""
    content = library.read(mains[0])
    root = next(iter(read(decoded(content) if isinstance(content, bytes) else "", mains[0])), None)
    if root is None or not root.at("ingress").list:
        return Foretold(server=CLOUDFLARED, told=False, doubts=("no ingress rule is in the file",))
    mender = NodeMender(library)
    rules = root.at("ingress").list
    last = rules[-1]
    if last.there("hostname") and str(last.at("hostname")) != "*":
        what = "the last ingress rule must be for all names, and has one"
        edits = mender.item(root.at("ingress"), "service: http_status:404")
        fault = faults.not_loaded(CLOUDFLARED, what, last.at("hostname").place, edits=edits)
        return Foretold(server=CLOUDFLARED, faults=(fault,))
    named = [each for each in rules if _names(each, question.host)]
    rule = next((each for each in named if _takes_the_root(each)), last)
    doubts = tuple(
        f"the rule for the path {each.at('path')} was not judged"
        for each in named
        if each is not rule and each.there("path")
    )
    place = rule.at("service").place
    base = Foretold(
        server=CLOUDFLARED, site=place, plain=True, unmatched=rule is last, doubts=doubts
    )
    if str(rule.at("service")).startswith("http_status:"):
        code = str(rule.at("service")).partition(":")[2]
        text = f"the rule that the name meets answers {code} itself"
        fault = Fault(
            cause="tunnel-origin-tls",
            status=Status(f"origin-{code}"),
            evidence=(text,),
            places=(place,),
            facts={"why": text, "mend": f"Add a rule for {question.host} before the last one."},
        )
        return replace(base, faults=(fault,))
    found = _service(rule, root.at("originRequest"), place, question, mender)
    return replace(base, faults=(found,)) if found is not None else base


def _names(rule: Node, host: str) -> bool:
    name = str(rule.at("hostname"))
    return name in ("*", "") or fits(name, host)


def _takes_the_root(rule: Node) -> bool:
    """Whether the rule takes the path that is judged, "/": its own is a regular expression, found
    anywhere in it. One that cannot be evaluated is passed over, and told as not judged."""
    if not rule.there("path") or not str(rule.at("path")):
        return True
    try:
        with budget(SET_STEPS, "the paths of the ingress rules"):
            return matches(str(rule.at("path")), "/")
    except (Unsupported, OverBudget):
        return False


def _service(
    rule: Node, shared: Node, place: Place, question: Question, mender: NodeMender
) -> Fault | None:
    """What keeps cloudflared from shaking hands with the service, as far as the file tells."""
    own = rule.at("originRequest")

    def option(name: str) -> Node:
        return own.at(name) if own.there(name) else shared.at(name)

    service = str(rule.at("service"))
    if service.startswith("http://") and service.rstrip("/").endswith(":443"):
        text = f"{service} asks port 443 in clear"
        found = _fault(text, "Write https:// in its place.", place)
        own_name = f"originServerName: {question.host}"
        secure = f"https{service.removeprefix('http')}"
        edits = mender.scalar(rule.at("service"), secure)
        if own.members:
            more = () if option("originServerName").text else mender.member(own, own_name)
        else:
            more = mender.behind(rule.at("service"), "originRequest:", f"  {own_name}")
        return replace(found, edits=(*edits, *more))
    if not service.startswith("https://") or option("noTLSVerify").on:
        return None
    named = option("originServerName").text or option("matchSNItoHost").on
    if not _HERE.match(service) or named:
        return None
    text = (
        f"the certificate at {service} is verified for that very name, and originServerName lacks"
    )
    mend = f"Set originServerName: {question.host} under originRequest."
    name = f"originServerName: {question.host}"
    if own.members:
        edits = mender.member(own, name)
    else:
        edits = mender.behind(rule.at("service"), "originRequest:", f"  {name}")
    return replace(_fault(text, mend, place), edits=edits)


def _fault(text: str, mend: str, place: Place) -> Fault:
    return Fault(
        cause="tunnel-origin-tls",
        status=S502,
        evidence=(text,),
        places=(place,),
        confidence=faults.MEDIUM,
        reason="a certificate for that address may be there",
        facts={"why": text, "mend": mend},
    )
