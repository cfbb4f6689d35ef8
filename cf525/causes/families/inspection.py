"""Something on the path from here answers in the origin's place: TLS inspection, block pages.

Then nothing that was seen speaks of the origin, and the only right conclusion is none. Vendors
are known by the organisation in the issuer's name, a filter's block page by its address.
"""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, evidence
from cf525.causes.signs.server import attributes, default_of
from cf525.causes.signs.table import known_platforms
from cf525.model import Confidence, EdgeStatus
from cf525.model.status import UNKNOWN

INSPECTORS: Final = (
    *("zscaler", "netskope", "fortinet", "fortigate", "palo alto", "sophos", "cisco umbrella"),
    *("blue coat", "bluecoat", "symantec web security", "mcafee web gateway", "forcepoint"),
    *("barracuda", "watchguard", "checkpoint", "check point", "sonicwall", "untangle", "iboss"),
    *("kaspersky", "avast", "avg web", "eset ssl filter", "bitdefender", "dr.web", "adguard"),
    *("gateway ca - cloudflare", "mitmproxy", "charles proxy", "fiddler", "squid", "burp"),
    *("menlo security", "lightspeed", "contentkeeper", "smoothwall", "securly", "cato networks"),
)
"""Parts (lower case) of the names (CN, O, OU; never a place) of products that sign on the way."""

PUBLIC_KEY_ROOTS: Final = (
    *("superfish", "edellroot", "dsdtestprovider", "komodia", "sennheiser", "senncomrootca"),
    "minica root ca 24e2db",
)
"""Parts (lower case) of the names of roots whose private key anybody can have: CERT/CC VU#529496,
VU#870761, VU#925497, CVE-2018-17612, and the test CA of letsencrypt/pebble (documented)."""

FORWARD_PROXIES: Final = ("squid", "zscaler", "mwg", "bluecoat", "ironport", "websense", "cntlm")
"""Beginnings (lower case) of the Server header of proxies that stand before clients."""
PROXY_STATUSES: Final = ("407", "511")
"""HTTP statuses that only a proxy or a captive portal sends (RFC 9110 15.5.8, RFC 6585 6)."""

BLOCK_PAGES: Final = (
    (ip_network("146.112.61.104/29"), "Cisco Umbrella (OpenDNS)"),
    (ip_network("146.112.255.0/24"), "Cisco Umbrella (OpenDNS)"),
)
"""Addresses to which filtering resolvers send a name they block."""


@cause("path-inspected", rank=10)
def inspected(case: Case) -> Match | None:
    """The certificate was signed by an inspecting proxy, or the address is a block page's."""
    page = _block_page(case.address)
    if page:
        return Match(
            confidence=HIGH_ENOUGH,
            evidence=(evidence(f"{case.address} is a block page of {page}, not an origin"),),
            facts={"box": page, "key_is_public": ""},
            status="unknown",
        )
    leaf = case.leaf
    if leaf is None or case.verdict is None or case.verdict.accepted:
        return None
    owner = " ".join(attributes(leaf.issuer, "CN", "O", "OU")).lower()
    if _a_page_of_its_own(case):
        return None
    public = any(each in owner for each in PUBLIC_KEY_ROOTS)
    if not public and not any(each in owner for each in INSPECTORS):
        return None
    said = f"the certificate shown was issued by: {leaf.issuer}"
    if public:
        said += "; the private key of this root is public: anybody can sign with it"
    return Match(
        confidence=HIGH_ENOUGH,
        reason="an origin that stands behind such a product itself would look the same",
        evidence=(evidence(said, case.edge),),
        facts={"box": leaf.issuer, "key_is_public": "yes" if public else ""},
        status="unknown",
    )


def _a_page_of_its_own(case: Case) -> bool:
    """Whether a firewall shows the certificate of its own page: what inspects on the way makes
    one for the very name that was asked for."""
    known = known_platforms().get(default_of(case))
    other = case.verdict is not None and case.verdict.has("hostname_mismatch")
    return known is not None and known.device and other


HIGH_ENOUGH: Final = Confidence.MEDIUM
"""Never more: the name of an issuer is anybody's to choose."""


def is_forward_proxy(server: str, status_line: str) -> bool:
    """Whether an answer in the clear bears the marks of a proxy on the way."""
    status = f"{status_line} ".split(" ")[1]
    return status in PROXY_STATUSES or server.lower().startswith(FORWARD_PROXIES)


def discounted(case: Case) -> Case:
    """The case with its status taken back where something else answered in the origin's place."""
    if inspected(case) is None:
        return case
    reason = "something on the path from here answered in the origin's place"
    status = EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=reason)
    return replace(case, status=status)


def _block_page(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return next((who for network, who in BLOCK_PAGES if parsed in network), "")
