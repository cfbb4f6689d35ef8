"""Each write as Cloudflare's own SDK sends it, beside ours: same method, same path, same body.

The SDK is made from the API's description. What it sends for the same change is compared byte for
byte with what a plan holds, and the lab takes it.
"""

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cloudflare import AsyncCloudflare

from cf525.lab.api import handle
from cf525.model.fix import FixRequest
from tests.fixing.playing import AUTHORIZED, planned, playground

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
Call = Callable[[AsyncCloudflare, FixRequest, str], Awaitable[Any]]


def last(request: FixRequest) -> str:
    return request.path.rpartition("/")[2]


async def _rule(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    assert request.body is not None
    ruleset = request.path.split("/")[3]
    return await sdk.rulesets.rules.create(ruleset, zone_id=zone, **request.body)  # type: ignore[call-overload]


async def _ruleset(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    return await sdk.rulesets.create(zone_id=zone, **body)


async def _setting(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    return await sdk.zones.settings.edit(last(request), zone_id=zone, **body)


async def _automatic(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    return await sdk.ssl.auto_origin_tls_kex.edit(zone_id=zone, **body)


async def _preference(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    return await sdk.origin_post_quantum_encryption.update(zone_id=zone, **body)


async def _record(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    path = f"/zones/{zone}/dns_records/{last(request)}"
    # The typed method wants name and type as well; the API documents that it merges.
    return await sdk.patch(path, cast_to=httpx.Response, body=body)


async def _pool(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    account = request.path.split("/")[1]
    return await sdk.load_balancers.pools.edit(last(request), account_id=account, **body)


async def _certificate(sdk: AsyncCloudflare, request: FixRequest, zone: str) -> Any:
    body: Any = request.body
    return await sdk.origin_ca_certificates.create(**body)


CALLS: list[tuple[str, str, bool, tuple[Call, ...]]] = [
    ("mode-for-host", "full", True, (_rule,)),
    ("mode-for-host", "full", False, (_ruleset,)),
    ("sni-for-host", "b.example.com", False, (_ruleset,)),
    ("port-for-host", "8443", False, (_ruleset,)),
    ("zone-mode", "full", False, (_setting,)),
    ("http1-to-origin", "", False, (_setting,)),
    ("origin-pull", "on", False, (_setting,)),
    ("pq-off", "", False, (_automatic, _preference)),
    ("grey-record", "", False, (_record, _record)),
    ("pool-endpoint-off", "origin-0", False, (_pool,)),
    ("origin-ca", "ecc", False, (_certificate,)),
]


@pytest.mark.parametrize(("remedy", "value", "rules", "calls"), CALLS)
def test_a_planned_write_is_what_the_official_client_sends(
    remedy: str, value: str, rules: bool, calls: tuple[Call, ...]
) -> None:
    state = playground(rules=rules)
    zone = state.world.zones[0].id
    requests = planned(state, remedy, value, NOW, "0000000a").plan.requests
    assert len(requests) == len(calls)
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        path = request.url.path.removeprefix("/client/v4")
        reply = handle(state, request.method, path, (), AUTHORIZED, request.content)
        return httpx.Response(reply.status, json=reply.body)

    async def run() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        async with AsyncCloudflare(api_token="x", http_client=http, max_retries=0) as sdk:
            for call, request in zip(calls, requests, strict=True):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    try:
                        await call(sdk, request, zone)
                    except Exception:
                        if remedy != "origin-ca":  # the planned body holds no real request yet
                            raise

    asyncio.run(run())
    for request, own in zip(sent, requests, strict=True):
        assert request.method == own.method
        assert request.url.path == f"/client/v4/{own.path}"
        assert json.loads(request.content) == own.body
