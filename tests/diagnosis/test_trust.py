"""Whom the edge trusts reaches the verdict: the zone's own store, and fetched intermediates."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.routes import RoutePlan
from cf525.jobs.diagnose import examine
from cf525.lab.ca import Authority, Issued
from cf525.model import Report
from cf525.pki import TrustStore
from cf525.report.text import render
from tests.causes.scenarios import OK, TARGET, route, scripted, serving
from tests.servers.inprocess import OpenSSLPeer, openssl_context

PRIVATE = Authority("A Private CA")
PUBLIC = Authority("Stands for a public CA")


@dataclass
class OneFile:
    """A fetcher that holds one file and remembers what it was asked for."""

    content: bytes
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> bytes | None:
        self.asked.append(url)
        return self.content

    def keep(self, url: str, content: bytes) -> None:
        pass


def examined(
    issued: Issued, judge: Judge, options: Options, anchors: tuple[str, ...] = ()
) -> Report:
    with scripted(serving(lambda: OpenSSLPeer(openssl_context(issued), answer=OK))) as place:
        plan = RoutePlan(routes=(route(place),), trust_anchors=anchors)
        return asyncio.run(examine(TARGET, plan, options=options, judge=judge))


@pytest.mark.parametrize(
    ("issuer", "anchors", "accepted"),
    [
        (PRIVATE, (PRIVATE.pem.decode(),), True),
        (PRIVATE, (), False),
        (PUBLIC, (), True),
    ],
)
def test_the_zones_own_store_decides(
    issuer: Authority, anchors: tuple[str, ...], accepted: bool, tmp_path: Path
) -> None:
    extra = tmp_path / "public.pem"
    extra.write_bytes(PUBLIC.pem)
    options = Options(trust_files=(extra,), fetch=False, edge=False, timeout=60)
    judge = Judge(trust=TrustStore.load_default(options.trust_files))
    report = examined(issuer.issue("www.example.com"), judge, options, anchors)
    assert (report.chain_verdicts[0].accepted is True) is accepted


def test_a_missing_intermediate_is_fetched_and_named_in_the_remedy() -> None:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    issuer = PUBLIC.intermediate("The Missing One")
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS,
                x509.UniformResourceIdentifier("http://ca.example/missing.crt"),
            )
        ]
    )
    whole = issuer.issue("www.example.com", extra=[(access, False)])
    files = OneFile(issuer.der)
    judge = Judge(trust=TrustStore.of(PUBLIC.der), at=datetime.now(UTC), fetch=files)
    options = Options(fetch=False, edge=False, timeout=60)
    report = examined(Issued(whole.certificate, whole.key), judge, options)
    defect = report.chain_verdicts[0].defect("missing_intermediate")
    assert files.asked == ["http://ca.example/missing.crt"]
    assert report.edge_status == "526"
    assert defect is not None
    assert "The Missing One" in defect.remedy
    assert report.chain_verdicts[0].missing == (issuer.der,)
    brief = [line.text for line in render(report)]
    whole_text = "\n".join(line.text for line in render(report, verbose=True))
    assert any("--verbose" in text for text in brief)
    assert issuer.pem.decode().strip() in whole_text
