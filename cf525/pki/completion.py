"""Finds what an incomplete chain lacks through authorityInfoAccess, and judges it completed.

The edge does no such thing: its verdict stays, and says what to append. A fetched certificate is
taken only if it is the issuer by name and key and its key verifies the signature, so plain http
cannot mislead. The fetching itself is the caller's (RFC 5280 section 4.2.2.1).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from cf525.model import ChainVerdict, Defect, KeyProof
from cf525.pki import bundles, extensions, keys
from cf525.pki.certificate import Certificate
from cf525.pki.path import End, Node, build, sent_nodes
from cf525.pki.trust import TrustStore
from cf525.pki.verdict import judge
from cf525.values import dataclass

_MAX_FETCHES: Final = 3
_MAX_CANDIDATES: Final = 16
_REPAIRABLE: Final = ("missing_intermediate", "untrusted_issuer", "root_not_in_cf_list")


class Fetch(Protocol):
    """Gets a small file over http, or nothing; remembers one that proved right."""

    async def get(self, url: str) -> bytes | None: ...

    def keep(self, url: str, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Completion:
    """``verdict`` is the edge's, with the remedy made exact; ``missing`` what to append (DER);
    ``completed`` the verdict with it, None if nothing was found."""

    verdict: ChainVerdict
    missing: tuple[bytes, ...] = ()
    completed: ChainVerdict | None = None


async def complete_chain(
    verdict: ChainVerdict, certificates: Sequence[bytes], *, trust: TrustStore, fetch: Fetch
) -> Completion:
    """Look for the issuers the server did not send; ``verdict`` is the one on ``certificates``."""
    if not verdict.has(*_REPAIRABLE):
        return Completion(verdict)
    sent = sent_nodes(certificates)
    found: list[tuple[str, Certificate]] = []
    while len(found) < _MAX_FETCHES:
        path = build(sent, trust.edge)
        if path.end is not End.NO_ISSUER:
            break
        issuer = await _issuer(path.nodes[-1].certificate, fetch)
        if issuer is None:
            break
        found.append(issuer)
        sent.append(Node(issuer[1], len(certificates) + len(found) - 1))
    missing = tuple(issuer.encoded for _, issuer in found if not issuer.self_signed)
    if not missing:
        return Completion(verdict)
    completed = judge(
        (*certificates, *missing),
        names=verdict.names,
        at=verdict.at,
        trust=trust,
        observation=verdict.observation,
        key_proof=KeyProof.UNKNOWN,
    )
    exact = tuple(_exact(each, found, completed) for each in verdict.defects)
    return Completion(replace(verdict, defects=exact, missing=missing), missing, completed)


async def _issuer(child: Certificate, fetch: Fetch) -> tuple[str, Certificate] | None:
    for url in extensions.ca_issuer_uris(child.extension_list)[:_MAX_FETCHES]:
        if not url.lower().startswith("http://"):
            continue
        content = await fetch.get(url)
        candidates = bundles.certificates_in(content or b"")[:_MAX_CANDIDATES]
        for candidate in (node.certificate for node in sent_nodes(candidates)):
            if not candidate.issued(child):
                continue
            if keys.verifies(child, candidate):
                fetch.keep(url, content or b"")
                return url, candidate
    return None


def _exact(
    found: Defect, issuers: Sequence[tuple[str, Certificate]], completed: ChainVerdict
) -> Defect:
    """The defect with a remedy that names what to append and where."""
    if found.code not in _REPAIRABLE:
        return found
    appended = [(url, each) for url, each in issuers if not each.self_signed]
    steps = "; ".join(
        f"the PEM of {each.subject.short} (SHA-256 {each.sha256}, from {url})"
        for url, each in appended
    )
    outcome = (
        "With it the chain would be accepted."
        if completed.accepted
        else "The chain has further defects, and would still be refused."
    )
    return replace(
        found,
        text=f"{found.text} {outcome}",
        remedy=f"Append, after the server certificate: {steps}. {found.remedy}",
        doubt="",
    )
