"""What no probe from here can settle, as statements attached where they apply.

Each says what is open and which test would close it. Nothing here weakens a finding; it says
beside it what the finding does not cover. Whether one of them could change the verdict is asked
in ``bearing``.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cf525.causes.case import Case
from cf525.causes.families.inspection import inspected
from cf525.causes.signs import renewing
from cf525.causes.signs.server import signs_its_own
from cf525.model import Ending, NotProbeable, PostQuantum, Unknown, Visit
from cf525.model.registry import AlertCode
from cf525.model.status import OK

WARP: Final = "warp"
"""The id of the doubt that this machine's probes leave through Cloudflare's own client."""
TIMED_OUT: Final = Unknown(
    id="timeout",
    text="The time for the whole target ran out before everything was tried.",
    next="Give more time with --timeout.",
)
INTERRUPTED: Final = Unknown(
    id="interrupted",
    text="The run was interrupted before everything was tried.",
    next="Run it again to the end.",
)

Applies = Callable[[Case, Sequence[Case]], bool]

FILTERS: Final = Unknown(
    id="filters-on-cloudflare-addresses",
    text="Whether a firewall or filter treats Cloudflare's addresses differently from yours.",
    next="On the origin, look for the edge's connections (cloudflare.com/ips) in the firewall "
    "log at the minute of a failure.",
)
ALLOW_LIST: Final = Unknown(
    id="only-cloudflare-admitted",
    text="Whether the origin admits Cloudflare's addresses and nobody else's: a direct test is "
    "then silent or refused although the edge works.",
    next="Ask once through Cloudflare (without --no-edge), or look from the origin host: cf525 "
    "probe --emit prints what to run there, cf525 diagnose --observation FILE judges its result.",
)
AOP: Final = Unknown(
    id="origin-pull-certificate",
    text="Whether the origin accepts the edge's client certificate: only Cloudflare holds its key.",
    next="Read the origin's TLS error log at the minute of a visit through Cloudflare.",
)
TUNNEL: Final = Unknown(
    id="behind-the-tunnel",
    text="What stands behind the tunnel: nothing of it answers on the public network.",
    next="Run the check on the machine where cloudflared runs, and read cloudflared's log.",
)
NO_IPV6: Final = Unknown(
    id="address-not-tried",
    text="At least one origin address could not be tried from this machine (no route, often no "
    "IPv6, or a --source of the other family).",
    next="Run the same command on a machine with IPv6, or with a --source of the same family.",
)
POST_QUANTUM: Final = Unknown(
    id="post-quantum-roll-out",
    text="Which share of the edge's connections sends the longer post-quantum ClientHello today; "
    "this probe sent the classical key share first.",
    next="If the failure is intermittent, compare with the zone's post-quantum setting "
    "preferred, then off.",
)
WHICH_ADDRESS: Final = Unknown(
    id="which-address",
    text="Which of the addresses the edge asked for a given visitor: it may use any of them, and "
    "tries another one once after a 521, 522, 523, 525 or 526.",
    next="Compare the origin's access logs at the minute of a failure (ray id in the page).",
)
IDLE_CONNECTIONS: Final = Unknown(
    id="idle-connections",
    text="When a change shows at the edge: it keeps idle connections for up to 15 minutes, and "
    "only new ones shake hands.",
    next="After a change at the origin wait, or close its connections by a restart.",
)
EDGE_STRICTNESS: Final = Unknown(
    id="edge-strictness",
    text="Whether the edge refuses revoked certificates, SHA-1 signatures or short keys: "
    "Cloudflare documents no rule.",
    next="Read the status of one visit through Cloudflare, or have the certificate reissued.",
)
COMPLETES_CHAINS: Final = Unknown(
    id="edge-completes-chains",
    text="Whether the edge fills in a missing intermediate from a list of its own; its "
    "documentation says that the origin must send it.",
    next="Send the full chain; if visitors get 526 until then, the edge does not.",
)
LIST_IN_PART: Final = Unknown(
    id="trust-list-in-part",
    text="Whether the edge trusts the root the chain ends at: it was not sent, and Cloudflare's "
    "list of roots is known here only in part.",
    next="cf525 trust update, then the same again.",
)
NEAR_HERE: Final = Unknown(
    id="inspection-near-here",
    text="Whether a proxy or antivirus near this machine signed the certificate that was seen: "
    "its issuer is not one the edge knows.",
    next="Compare the issuer's name with what another network or the origin host itself sees.",
)
PAST: Final = Unknown(
    id="past-failures",
    text="Whether it fails now and then, at another server behind the same address or before: "
    "this is one connection at one moment.",
    next="Ask more often with --repeat 50, which also tells several servers behind one address "
    "apart, and read the zone's analytics or Logpush: originResponseStatus 0 means that no HTTP "
    "answer came.",
)
PRIVATE: Final = Unknown(
    id="behind-private-address",
    text="What stands behind the private address in the record: nothing on the public network "
    "reaches it, the edge included.",
    next="Run the check on that network, and publish the origin by a tunnel or a public address.",
)
SPECIAL: Final = Unknown(
    id="special-purpose-address",
    text="What answers at the address of the origin: its block is set apart from the public "
    "Internet (IANA's special-purpose registries), so that nothing was sent there.",
    next="Point the record at the origin's own address; or name this one with --origin.",
)
HIDDEN_BACKENDS: Final = Unknown(
    id="backends-behind-the-address",
    text="Whether several servers stand behind one address and one of them differs: a single "
    "good answer speaks for one of them.",
    next="Run again with --deep, or ask every server by itself.",
)


RENEWED: Final = Unknown(
    id="renewed-or-not",
    text="Whether the certificate was renewed and only not loaded: the server shows the old one "
    "in both cases.",
    next="On the origin: openssl x509 -noout -dates -in FILE; or save crt.sh's JSON for the name "
    "and give it with --ct FILE.",
)


HTTP_ANSWER: Final = Unknown(
    id="http-answer",
    text="Whether HTTP is answered at all, and when: TLS works, and no answer came while this test "
    "waited.",
    next="Run the curl command of the finding, which waits as long as the edge does, and look "
    "into the origin's log at that minute.",
)


_NOT_LET_IN: Final = (Ending.CONNECT_TIMEOUT, Ending.REFUSED, Ending.UNREACHABLE)


def _not_admitted(case: Case, _: Sequence[Case]) -> bool:
    """Whether there was no connection, no hello of any kind was taken up, or the page is
    forbidden: filters on addresses do that, before TCP or behind it."""
    if case.edge is None:
        return False
    if case.edge.ending in _NOT_LET_IN or case.status.status == "origin-403":
        return True
    # access_denied speaks of who asks, and not of what is offered (RFC 8446 section 6.2).
    refused = case.silent_close or case.first_alert(AlertCode.ACCESS_DENIED) is not None
    return refused and not case.any_answered and not case.framing_decides


def _not_tried(case: Case, everyone: Sequence[Case]) -> bool:
    local = case.edge is not None and case.edge.ending is Ending.LOCAL_ERROR
    return local and not _not_admitted(case, everyone)


def _admitted(case: Case, everyone: Sequence[Case]) -> bool:
    turned_away = _not_admitted(case, everyone) or _not_tried(case, everyone)
    return case.edge is not None and not turned_away


def _asked_for_a_certificate(case: Case, _: Sequence[Case]) -> bool:
    asked = case.edge is not None and case.edge.certificate_request is not None
    return asked and case.route.client_certificate not in ("own", "none")


def _hybrid_to_come(case: Case, _: Sequence[Case]) -> bool:
    edge = case.edge
    works = edge is not None and edge.answered and edge.established
    return works and case.route.post_quantum is PostQuantum.SUPPORTED


def _tunnelled(case: Case, _: Sequence[Case]) -> bool:
    return case.route.not_probeable is NotProbeable.TUNNEL


def _several(case: Case, everyone: Sequence[Case]) -> bool:
    return len({each.status.status for each in everyone}) > 1 and case.edge is not None


def _fails(case: Case, _: Sequence[Case]) -> bool:
    return case.status.status in ("525", "526")


def _borderline(case: Case, _: Sequence[Case]) -> bool:
    codes = ("sha1_signature", "weak_key", "revoked")
    return case.verdict is not None and case.verdict.has(*codes)


def _leaf_only(case: Case, _: Sequence[Case]) -> bool:
    return case.verdict is not None and case.verdict.has("missing_intermediate")


def _unjudged(case: Case, _: Sequence[Case]) -> bool:
    return case.verdict is not None and case.verdict.accepted is None


def _foreign_issuer(case: Case, _: Sequence[Case]) -> bool:
    """Whether what signed is nobody's that is known: a product's own CA signs at the product,
    unless it is one that signs on the way."""
    codes = ("untrusted_root", "untrusted_issuer")
    if case.verdict is None or not case.verdict.has(*codes) or case.leaf is None:
        return False
    return not signs_its_own(case.leaf) or inspected(case) is not None


def _may_be_renewed(case: Case, _: Sequence[Case]) -> bool:
    told = case.renewal is not None and case.renewal.logged is not None
    return renewing.renews_by_itself(case) and not told


def _healthy(case: Case, _: Sequence[Case]) -> bool:
    return case.status.status == OK and case.edge is not None and not case.deep


def _unanswered(case: Case, _: Sequence[Case]) -> bool:
    edge = case.edge
    silent = edge is not None and edge.established and edge.ending is Ending.TIMEOUT
    return silent and case.status.status.unknown


def _private(case: Case, _: Sequence[Case]) -> bool:
    return case.route.not_probeable is NotProbeable.PRIVATE_NETWORK


def _special(case: Case, _: Sequence[Case]) -> bool:
    return case.route.not_probeable is NotProbeable.SPECIAL


def _one_close(case: Case, _: Sequence[Case]) -> bool:
    edge = case.edge
    return edge is not None and not case.deep and edge.ending in (Ending.EOF, Ending.RESET)


RULES: Final[tuple[tuple[Applies, Unknown], ...]] = (
    (_tunnelled, TUNNEL),
    (_not_admitted, ALLOW_LIST),
    (_not_tried, NO_IPV6),
    (_admitted, FILTERS),
    (_asked_for_a_certificate, AOP),
    (_hybrid_to_come, POST_QUANTUM),
    (_several, WHICH_ADDRESS),
    (_unjudged, LIST_IN_PART),
    (_leaf_only, COMPLETES_CHAINS),
    (_borderline, EDGE_STRICTNESS),
    (_foreign_issuer, NEAR_HERE),
    (_private, PRIVATE),
    (_special, SPECIAL),
    (_unanswered, HTTP_ANSWER),
    (_one_close, HIDDEN_BACKENDS),
    (_may_be_renewed, RENEWED),
    (_fails, IDLE_CONNECTIONS),
    (_healthy, PAST),
)


SETTLED: Final = frozenset({FILTERS.id, ALLOW_LIST.id})
"""What any word of the edge about the origin leaves no longer open."""
ANSWERED: Final = SETTLED | {AOP.id}
"""What an answer of the origin through the edge settles besides."""


def open_questions(cases: Sequence[Case], visit: Visit | None) -> Iterator[Unknown]:
    """Every statement that applies to any of the cases and that the visit did not settle."""
    settled: frozenset[str] = frozenset()
    if visit is not None and visit.told:
        settled = ANSWERED if visit.reached_origin else SETTLED
    for applies, unknown in RULES:
        if unknown.id not in settled and any(applies(case, cases) for case in cases):
            yield unknown
