"""The same origin asked twice: by the product, and by libcurl built on BoringSSL.

The second client offers what the edge is documented to offer, as far as public BoringSSL has it,
and asks once as Full does and once as Full (strict).
"""

import asyncio
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from curl_cffi import Curl, CurlError, CurlInfo, CurlOpt

from cf525.causes.case import Case, Context
from cf525.conclusion.certainty import bounded_case
from cf525.diagnosis.judge import Judge
from cf525.edge.profile import GROUPS, SIGNATURE_ALGORITHMS, SUITES, ClientProfile
from cf525.edge.status import edge_status
from cf525.model import ChainVerdict, EdgeStatus, Observation, Route, Target
from cf525.model.registry import signature_scheme_name
from cf525.pki import TrustStore
from cf525.probe.driver import drive
from cf525.probe.plan import edge_plan
from cf525.probe.script import probe_script
from cf525.tls import ClientCertificate
from tests.oracle.origins import HOST

MODES = ("full", "strict")

OFFERED = ":".join((
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA",
    "AES128-GCM-SHA256", "AES128-SHA", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384", "AES256-SHA",
))  # fmt: skip
"""The edge's suites of TLS 1.2 and older without those public BoringSSL has not."""
CURVES = "X25519MLKEM768:X25519:P-256:P-384"
VERSIONS = 4 | 7 << 16  # CURL_SSLVERSION_TLSv1_0 | CURL_SSLVERSION_MAX_TLSv1_3
HTTP_1_1 = 2
MEANING = {0: "ok", 7: "521", 35: "525", 60: "526", 52: "520", 55: "520", 56: "520"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What BoringSSL made of an origin in one mode, and its own words."""

    status: str
    said: str
    http: int = 0


def oracle(
    port: int,
    mode: str,
    root: Path,
    *,
    curves: str = CURVES,
    shown: Path | None = None,
    address: str = "127.0.0.1",
) -> Answer:
    """One request over BoringSSL. ``shown`` is a client certificate with its key, in PEM."""
    curl = Curl(cacert=str(root))
    strict = mode == "strict"
    try:
        for option, value in (
            (CurlOpt.URL, f"https://{HOST}:{port}/"),
            (CurlOpt.RESOLVE, [f"{HOST}:{port}:{address}"]),
            (CurlOpt.PROXY, ""),
            (CurlOpt.SSLVERSION, VERSIONS),
            (CurlOpt.SSL_CIPHER_LIST, OFFERED),
            (CurlOpt.SSL_EC_CURVES, curves),
            (CurlOpt.SSL_SIG_HASH_ALGS, _algorithms()),
            (CurlOpt.SSL_VERIFYPEER, int(strict)),
            (CurlOpt.SSL_VERIFYHOST, 2 if strict else 0),
            (CurlOpt.CAINFO, str(root)),
            (CurlOpt.HTTP_VERSION, HTTP_1_1),
            # Where a protocol was agreed on, this build takes a False Start (RFC 7918): then a
            # refusal in the server's last flight counts as one after the handshake. Whether the
            # edge does so is not known, and BoringSSL does not as it comes.
            (CurlOpt.SSL_ENABLE_ALPN, 0),
            (CurlOpt.TLS_STATUS_REQUEST, 1),
            (CurlOpt.TLS_SIGNED_CERT_TIMESTAMPS, 1),
            (CurlOpt.TIMEOUT_MS, 20_000),
            (CurlOpt.WRITEFUNCTION, _discard),
        ):
            curl.setopt(option, value)
        if shown is not None:
            curl.setopt(CurlOpt.SSLCERT, str(shown))
            curl.setopt(CurlOpt.SSLKEY, str(shown))
        curl.perform()
        code = int(str(curl.getinfo(CurlInfo.RESPONSE_CODE)))
        there = curl.getinfo(CurlInfo.REDIRECT_URL)
    except CurlError as error:
        return Answer(MEANING.get(int(error.code), f"curl {int(error.code)}"), str(error))
    finally:
        curl.close()
    round_again = there in (f"https://{HOST}:{port}/".encode(), f"https://{HOST}:{port}/")
    return Answer("redirect-loop" if round_again else "ok", "", code)


def _algorithms() -> str:
    """The edge's, without the one of P-521 that BoringSSL does not take as it comes."""
    codes = (fact.code for fact in SIGNATURE_ALGORITHMS if not fact.beyond)
    return ",".join(signature_scheme_name(code) for code in codes)


def _discard(data: bytes) -> int:
    return len(data)


@dataclass(frozen=True, slots=True)
class Product:
    """What the product saw, and its status in each mode."""

    seen: Observation
    verdict: ChainVerdict | None
    statuses: dict[str, EdgeStatus]


def public(profile: ClientProfile) -> ClientProfile:
    """The edge's offer without what public BoringSSL does not do as it comes."""
    beyond = {fact.code for fact in (*SUITES, *GROUPS, *SIGNATURE_ALGORITHMS) if fact.beyond}

    def kept(codes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(code for code in codes if code not in beyond)

    return replace(
        profile,
        suites=kept(profile.suites),
        groups=kept(profile.groups),
        signature_algorithms=kept(profile.signature_algorithms),
    )


async def _asked(
    port: int, root: bytes, shown: ClientCertificate | None, *, as_public: bool
) -> Product:
    route = Route(
        id="r1", mode="full", scheme="https", address="127.0.0.1", port=port, sni=HOST,
        host_header=HOST, accepted_names=(HOST,), alpn=("http/1.1",),
        client_certificate="none" if shown is None else "own",
    )  # fmt: skip
    plan = edge_plan(route, Target(scheme="https", host=HOST, port=443), id="o1", deadline=20_000.0)
    plan = replace(plan, client_certificate=shown)
    if as_public:
        plan = replace(plan, profile=public(plan.profile))
    script = probe_script(plan, random=os.urandom, started_at=datetime.now(UTC))
    seen = await drive(script)
    verdict = Judge(trust=TrustStore.of(root)).verdict(route, seen)
    statuses = {mode: _status(replace(route, mode=mode), seen, verdict) for mode in MODES}
    return Product(seen, verdict, statuses)


def _status(route: Route, seen: Observation, verdict: ChainVerdict | None) -> EdgeStatus:
    """The status as a report has it: no surer than what it rests on."""
    target = Target(scheme="https", host=HOST, port=443)
    status = edge_status(route, seen, verdict)
    case = Case(
        context=Context(target=target), route=route, status=status, edge=seen, verdict=verdict
    )
    return bounded_case(case).status


def product(
    port: int,
    root: bytes,
    *,
    shown: ClientCertificate | None = None,
    as_public: bool = False,
) -> Product:
    """One probe as the edge would make it, or with the oracle's offer, judged in each mode."""
    return asyncio.run(_asked(port, root, shown, as_public=as_public))
