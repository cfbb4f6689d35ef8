"""The same chain judged once gives what judging it each time would."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cf525.audit.sharing import SharedJudge
from cf525.diagnosis.judge import Judge
from cf525.lab.ca import Authority
from cf525.model import Ending, KeyProof, Observation, Route, Stage
from cf525.pki import TrustStore
from tests.audit.rows import route

AUTHORITY = Authority("Root of the test")
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(AUTHORITY.pem)
    return TrustStore.load_default([path], only=True)


def seen(*names: str, id: str = "o1", expired: bool = False) -> Observation:
    issuer = AUTHORITY
    issued = (
        issuer.issue(*names, not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))
        if expired
        else issuer.issue(*names)
    )
    return Observation(
        id=id,
        route="r1",
        profile="p",
        variation=None,
        address="203.0.113.1",
        port=443,
        sni=None,
        started_at=NOW,
        stage=Stage.ESTABLISHED,
        ending=Ending.DONE,
        certificates=issued.chain_der,
        key_proof=KeyProof.PROVED,
    )


def asking(name: str, *more: str) -> Route:
    return replace(route(), accepted_names=(name, *more))


HOSTS = ("a.z.example", "b.z.example", "deep.a.z.example", "z.example", "xn--bcher-kva.z.example",
         "a_b.z.example", "a.y.example", "-.z.example", "c.z.example")  # fmt: skip


@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize(
    "names", [("*.z.example",), ("*.z.example", "z.example"), ("a.z.example",), ("*.y.example",)]
)
def test_every_shared_verdict_is_the_one_of_its_own(
    trust: TrustStore, names: tuple[str, ...], expired: bool
) -> None:
    shared, alone = SharedJudge(trust=trust, at=NOW), Judge(trust=trust, at=NOW)
    once = seen(*names, expired=expired)
    for number, host in enumerate(HOSTS * 2):
        one = replace(once, id=f"o{number}")
        for asked in (asking(host), asking(host, "other.example")):
            assert shared.verdict(asked, one) == alone.verdict(asked, one)


def test_names_under_one_wildcard_are_judged_once(trust: TrustStore) -> None:
    shared = SharedJudge(trust=trust, at=NOW)
    once = seen("*.z.example")
    for number in range(50):
        assert shared.verdict(asking(f"h{number}.z.example"), once) is not None
    assert len(shared.known) == 2  # the first name's, and the wildcard's


def test_another_key_proof_is_another_case(trust: TrustStore) -> None:
    shared = SharedJudge(trust=trust, at=NOW)
    once = seen("*.z.example")
    good = shared.verdict(asking("a.z.example"), once)
    bad = shared.verdict(asking("a.z.example"), replace(once, key_proof=KeyProof.FAILED))
    assert good is not None
    assert bad is not None
    assert (good.accepted, bad.accepted) == (True, False)
