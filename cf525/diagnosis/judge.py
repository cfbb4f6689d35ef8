"""The judge of the chains of one run: the verdict, and what downloads add to it."""

from datetime import UTC, datetime

from cf525.model import ChainVerdict, KeyProof, Observation, Route
from cf525.pki import TrustStore, judge, revocation
from cf525.pki.completion import Fetch, complete_chain
from cf525.pki.path import build, sent_nodes
from cf525.tls.suites import KeyExchange, suite
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """The chain verdict's parameters, the same for every route of a run.

    ``fetch`` gets missing intermediates; None keeps the remedy general. ``lists`` gets CRLs;
    None leaves revocation unasked.
    """

    trust: TrustStore
    at: datetime | None = None
    fetch: Fetch | None = None
    lists: Fetch | None = None

    def verdict(self, route: Route, seen: Observation) -> ChainVerdict | None:
        """Would the edge accept what was sent? None when no certificate came."""
        if not seen.certificates:
            return None
        hello = seen.server_hello
        return self.of_chain(
            seen.certificates,
            route.accepted_names,
            observation=seen.id,
            key_proof=seen.key_proof,
            tls_version=hello.version if hello is not None else None,
            signs=hello is None or suite(hello.suite).exchange is not KeyExchange.RSA,
        )

    def of_chain(
        self,
        certificates: tuple[bytes, ...],
        names: tuple[str, ...],
        *,
        observation: str = "",
        key_proof: KeyProof = KeyProof.UNKNOWN,
        tls_version: int | None = None,
        signs: bool = True,
    ) -> ChainVerdict:
        """Would the edge accept these certificates (DER, leaf first) for one of these names?"""
        return judge(
            certificates,
            names=names,
            at=self.at or datetime.now(UTC),
            trust=self.trust,
            observation=observation,
            key_proof=key_proof,
            tls_version=tls_version,
            signs=signs,
        )

    async def completed(
        self, verdict: ChainVerdict, certificates: tuple[bytes, ...], stapled: bytes | None = None
    ) -> ChainVerdict:
        """The same verdict with what downloads add: the exact remedy, and revocation.

        ``stapled`` is the OCSP response that came with the chain (DER).
        """
        missing: tuple[bytes, ...] = ()
        if self.fetch is not None:
            completion = await complete_chain(
                verdict, certificates, trust=self.trust, fetch=self.fetch
            )
            verdict, missing = completion.verdict, completion.missing
        if self.lists is None:
            return verdict
        path = build(sent_nodes((*certificates, *missing)), self.trust.edge)
        found = await revocation.check(path, fetch=self.lists, at=verdict.at, stapled=stapled)
        return revocation.apply(verdict, found)
