"""Causes in the names of a certificate: for whom it is, and what the edge wants it to be for.

As in ``certificate`` each stands on a defect of the chain verdict.
"""

from collections.abc import Iterable
from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import Need, cause
from cf525.causes.families.defects import advised, from_defect
from cf525.causes.match import Match
from cf525.pki.names import of_a_registry

MOST_KEPT: Final = 8
"""Names of an old certificate that are asked for again in a line."""
_OF_NAMES: Final = ("hostname-mismatch", "wildcard-too-short", "default-vhost-cert")


@cause("hostname-mismatch", rank=44, needs=(Need.CHAIN,))
def hostname_mismatch(case: Case) -> Match | None:
    wanted = " or ".join(case.route.accepted_names)
    names = case.leaf.dns_names if case.leaf is not None else ()
    kept = [each for each in names if not any(map(of_a_registry, _wild((each,))))]
    return from_defect(
        case,
        "hostname_mismatch",
        give=("defect", "names"),
        wanted=wanted,
        beside=_beside(case),
        kept=", ".join(kept[:6]),
    )


def _wild(names: Iterable[str]) -> list[str]:
    """What the wildcards among names stand under."""
    return [each[2:].lower() for each in names if each.startswith("*.")]


def _beside(case: Case) -> str:
    """The names to keep in a new certificate: the old one's, where all are of one domain with the
    name that lacks. A certificate for others is another site's."""
    host, leaf = case.route.accepted_names[:1], case.leaf
    if leaf is None or not host or not 0 < len(leaf.dns_names) <= MOST_KEPT:
        return ""
    bases = [name.removeprefix("*.").lower() for name in leaf.dns_names]
    parent = host[0].partition(".")[2]
    domain = case.zone.name if case.zone is not None else parent if "." in parent else host[0]
    own = all(base == domain or base.endswith(f".{domain}") for base in bases)
    own = own and not any(map(of_a_registry, _wild(leaf.dns_names)))
    return ",".join(leaf.dns_names) if own else ""


@cause("origin-ca-wrong-hostname", rank=37, replaces=("hostname-mismatch",), needs=(Need.CHAIN,))
def origin_ca_for_another_host(case: Case) -> Match | None:
    """A Cloudflare Origin CA certificate that was made for other names."""
    if case.verdict is None or not case.verdict.has("cloudflare_origin_ca"):
        return None
    wanted = " or ".join(case.route.accepted_names)
    return from_defect(case, "hostname_mismatch", give=("names",), wanted=wanted)


@cause("wildcard-too-short", rank=37, replaces=("hostname-mismatch",), needs=(Need.CHAIN,))
def wildcard_too_short(case: Case) -> Match | None:
    """A wildcard of the right domain that covers neither its apex nor two labels."""
    leaf, host = case.leaf, case.route.accepted_names[:1]
    if leaf is None or not host:
        return None
    bases = [each for each in _wild(leaf.dns_names) if not of_a_registry(each)]
    base = next((each for each in bases if host[0] == each or host[0].endswith(f".{each}")), None)
    if base is None:
        return None
    apex = host[0] == base
    return from_defect(case, "hostname_mismatch", give=(), wildcard=f"*.{base}", apex=apex)


@cause("object-store-name", rank=36, replaces=_OF_NAMES, needs=(Need.CHAIN,))
def object_store_name(case: Case) -> Match | None:
    """Cloud Connector sends the request to an object store, whose certificate lacks the bucket."""
    store, names = case.route.provenance.get("connector"), case.route.accepted_names[:1]
    if store is None or not names:
        return None
    leaf = case.leaf
    bases = [each[2:].lower() for each in leaf.dns_names if each[:2] == "*."] if leaf else []
    deeper = any(names[0].endswith(f".{each}") for each in bases)
    return from_defect(
        case,
        "hostname_mismatch",
        give=("names",),
        store=store.detail,
        bucket=names[0],
        dotted="yes" if deeper else "",
    )


@cause("cn-only", rank=80, needs=(Need.CHAIN,))
def cn_only(case: Case) -> Match | None:
    """The name stands in the CN alone: the edge takes it, browsers and cloudflared do not."""
    return advised(case, "cn_only", give=("defect",))
