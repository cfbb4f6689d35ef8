"""The client against every way the API, or what stands in its place, can misbehave.

All of it through the official SDK and real sockets.
"""

import asyncio
import logging
import socket
from typing import Any

import pytest

from cf525.account import client as module
from cf525.account.client import Client, Limits, Listing
from cf525.account.credentials import Credentials
from cf525.account.refusals import rate_limited, refusal
from cf525.errors import ApiError, CredentialsError, NotFound, PermissionRefused
from cf525.lab.api import Fault
from cf525.lab.world import Record, Token, World, Zone
from tests.account.labs import QUICK, Lab, lab, without, world, zone

MANY = tuple(
    Record(type="A", name=f"h{number}.example.com", content="203.0.113.7") for number in range(250)
)


def get(running: Lab, path: str, *, needs: str = "", limits: Limits = QUICK, **params: Any) -> Any:
    async def run() -> Any:
        async with running.client(limits=limits) as client:
            return await client.get(path, params, needs=needs)

    return asyncio.run(run())


def paged(running: Lab, path: str, per_page: int, **params: Any) -> tuple[Listing, int]:
    async def run() -> tuple[Listing, int]:
        async with running.client() as client:
            return await client.paged(path, params, per_page=per_page), client.calls

    return asyncio.run(run())


def test_the_result_is_plain_data() -> None:
    one = zone(settings={"ssl": "origin_pull"})
    with lab(World(zones=(one,))) as running:
        setting = get(running, f"/zones/{one.id}/settings/ssl")
    assert (setting["id"], setting["value"]) == ("ssl", "origin_pull")


def test_other_credentials_in_the_environment_do_not_displace_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLOUDFLARE_EMAIL", "someone@example.com")
    monkeypatch.setenv("CLOUDFLARE_API_KEY", "0123456789abcdef0123456789abcdef01234")
    monkeypatch.setenv("CLOUDFLARE_API_USER_SERVICE_KEY", "v1.0-key")
    monkeypatch.setenv("CLOUDFLARE_CUSTOM_HEADERS", "Authorization: Bearer other")
    with lab(world()) as running:
        assert get(running, "/user/tokens/verify")["status"] == "active"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with lab(world()) as running:
        assert get(running, "/user/tokens/verify")["status"] == "active"


def test_a_question_is_asked_once_a_run_even_when_asked_at_once() -> None:
    async def run(running: Lab) -> int:
        async with running.client() as client:
            await asyncio.gather(*(client.get("/user/tokens/verify") for _ in range(5)))
            return client.calls

    with lab(world()) as running:
        assert asyncio.run(run(running)) == 1
        assert running.api.state.asked["/user/tokens/verify"] == 1


def test_a_refusal_is_remembered_as_well() -> None:
    async def run(running: Lab) -> int:
        async with running.client() as client:
            for _ in range(3):
                with pytest.raises(NotFound):
                    await client.get("/nowhere")
            return client.calls

    with lab(world()) as running:
        assert asyncio.run(run(running)) == 1


def test_a_list_is_read_to_its_last_page_and_no_further() -> None:
    one = zone(records=MANY)
    with lab(World(zones=(one,))) as running:
        listing, calls = paged(running, f"/zones/{one.id}/dns_records", 100)
    assert (len(listing.rows), listing.complete, calls) == (250, True, 3)


def test_a_full_last_page_costs_no_further_call() -> None:
    one = zone(records=MANY[:100])
    with lab(World(zones=(one,))) as running:
        listing, calls = paged(running, f"/zones/{one.id}/dns_records", 100)
    assert (len(listing.rows), calls) == (100, 1)


def test_a_list_that_ignores_the_page_ends_and_says_so() -> None:
    one = zone(records=MANY)
    with lab(World(zones=(one,)), Fault(path="dns_records", kind="ignore-page")) as running:
        listing, calls = paged(running, f"/zones/{one.id}/dns_records", 100)
    assert (len(listing.rows), listing.complete, calls) == (100, False, 2)


def test_a_wrong_token_is_a_matter_of_credentials() -> None:
    with (
        lab(
            World(tokens=(Token(value="other"),)),
        ) as running,
        pytest.raises(PermissionRefused),
    ):
        get(running, "/user/tokens/verify")
    fault = Fault(path="verify", kind="status", status=401)
    with lab(world(), fault) as running, pytest.raises(CredentialsError) as caught:
        get(running, "/user/tokens/verify")
    assert (caught.value.status, caught.value.codes) == (401, (1000,))


def test_a_token_the_api_calls_malformed_is_a_matter_of_credentials() -> None:
    async def run(running: Lab) -> None:
        async with running.client(token="not/a/token") as client:
            await client.get("/user/tokens/verify")

    with lab(world()) as running, pytest.raises(CredentialsError):
        asyncio.run(run(running))


def test_a_missing_right_is_named_as_the_dashboard_names_it() -> None:
    one = zone()
    poor = World(zones=(one,), tokens=(without("Zone Settings Read"),))
    with lab(poor) as running, pytest.raises(PermissionRefused) as caught:
        get(running, f"/zones/{one.id}/settings/ssl", needs="Zone Settings Read")
    assert caught.value.needs == "Zone Settings Read"
    assert "Zone Settings Read" in caught.value.message


def test_an_absent_thing_is_not_found() -> None:
    one = zone()
    path = f"/zones/{one.id}/rulesets/phases/http_request_origin/entrypoint"
    with lab(World(zones=(one,))) as running, pytest.raises(NotFound) as caught:
        get(running, path)
    assert caught.value.codes == (10003,)


def test_success_false_under_status_200_is_an_error() -> None:
    fault = Fault(path="verify", kind="unsuccessful", code=1234)
    with lab(world(), fault) as running, pytest.raises(ApiError) as caught:
        get(running, "/user/tokens/verify")
    assert caught.value.codes == (1234,)


def test_a_web_page_is_not_taken_for_an_answer() -> None:
    with (
        lab(world(), Fault(path="verify", kind="html")) as running,
        pytest.raises(ApiError) as caught,
    ):
        get(running, "/user/tokens/verify")
    assert "text/html" in caught.value.message
    assert "captive portal" in caught.value.hint


def test_a_404_of_something_else_is_not_the_absence_of_a_thing() -> None:
    async def run(running: Lab) -> None:
        base = running.api.base_url.replace("/client/v4", "/wrong")
        async with Client(Credentials("demo"), base_url=base, limits=QUICK) as client:
            await client.get("/user/tokens/verify")

    with lab(world()) as running, pytest.raises(ApiError) as caught:
        asyncio.run(run(running))
    assert not isinstance(caught.value, NotFound)
    assert "not Cloudflare's API" in caught.value.message


def test_a_redirect_is_not_followed() -> None:
    fault = Fault(path="verify", kind="redirect")
    with lab(world(), fault) as running, pytest.raises(ApiError, match="redirect"):
        get(running, "/user/tokens/verify")
    assert running.api.state.asked.total() == 1


def test_a_passing_fault_is_tried_again() -> None:
    fault = Fault(path="verify", kind="status", status=503, times=2)
    with lab(world(), fault) as running:
        assert get(running, "/user/tokens/verify")["status"] == "active"
    assert running.api.state.asked["/user/tokens/verify"] == 3


def test_a_lasting_fault_ends_after_the_retries() -> None:
    fault = Fault(path="verify", kind="status", status=500)
    with lab(world(), fault) as running, pytest.raises(ApiError) as caught:
        get(running, "/user/tokens/verify")
    assert caught.value.status == 500
    assert running.api.state.asked["/user/tokens/verify"] == 3


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client meant to wait, each time; it does not."""
    sleep = asyncio.sleep
    meant: list[float] = []

    async def at_once(seconds: float) -> None:
        if seconds:
            meant.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    monkeypatch.setattr(module, "_now", lambda: sum(meant))
    return meant


def test_a_short_retry_after_is_waited_out(waits: list[float]) -> None:
    fault = Fault(path="verify", kind="status", status=429, headers={"Retry-After": "0.5"}, times=1)
    with lab(world(), fault) as running:
        assert get(running, "/user/tokens/verify")["status"] == "active"
    assert waits == [0.5]


def test_a_retry_after_beyond_patience_is_reported_at_once(waits: list[float]) -> None:
    fault = Fault(path="verify", kind="status", status=429, headers={"Retry-After": "300"})
    with lab(world(), fault) as running, pytest.raises(ApiError) as caught:
        get(running, "/user/tokens/verify")
    assert waits == []
    assert (caught.value.status, "300 s" in caught.value.message) == (429, True)
    assert running.api.state.asked["/user/tokens/verify"] == 1


def test_what_a_refusal_advises_is_what_it_was_told() -> None:
    assert "wait five minutes;" in refusal(429, None, "/zones", "").hint
    assert "wait 19 s;" in refusal(429, None, "/zones", "", wait=18.2).hint
    assert "asks to wait 1 s," in rate_limited(0.5).message


def test_the_servers_own_counter_stops_the_run_before_it_is_blocked() -> None:
    async def run(running: Lab) -> None:
        async with running.client() as client:
            await client.get("/user/tokens/verify")
            await client.get("/zones", {"per_page": 50, "page": 1})

    empty = {"Ratelimit": '"default";r=0;t=250'}
    with (
        lab(world(), headers=empty) as running,
        pytest.raises(ApiError, match="250 s"),
    ):
        asyncio.run(run(running))
    assert running.api.state.asked.total() == 1


def test_all_questions_together_have_an_end() -> None:
    """Each answer comes in its own time, and many such would take for ever."""
    late = Fault(path="zones", kind="drip")

    async def run(running: Lab) -> None:
        limits = Limits(timeout=60.0, whole=0.5)
        async with running.client(limits=limits) as client:
            await client.get("/user/tokens/verify")
            for page in range(50):
                with pytest.raises(ApiError, match="in time"):
                    await client.get("/zones", {"per_page": 50, "page": page})

    with lab(world(), late) as running:
        asyncio.run(asyncio.wait_for(run(running), 30))


def test_a_reset_connection_is_an_api_error_after_the_retries() -> None:
    with (
        lab(world(), Fault(path="verify", kind="reset")) as running,
        pytest.raises(ApiError) as caught,
    ):
        get(running, "/user/tokens/verify")
    assert (caught.value.status, running.api.state.asked.total()) == (0, 3)


def test_a_body_that_drips_is_given_up_in_time() -> None:
    limits = Limits(timeout=0.3, patience=0.0, retries=0)  # for each octet it would be enough
    with (
        lab(world(), Fault(path="verify", kind="drip")) as running,
        pytest.raises(ApiError, match="in time"),
    ):
        get(running, "/user/tokens/verify", limits=limits)


def test_a_body_without_end_is_cut_off() -> None:
    limits = Limits(timeout=60.0, max_bytes=100_000, backoff=0.01)
    with (
        lab(world(), Fault(path="verify", kind="huge")) as running,
        pytest.raises(ApiError, match="larger than 100000"),
    ):
        get(running, "/user/tokens/verify", limits=limits)


def test_a_body_that_grows_when_decompressed_is_cut_off() -> None:
    limits = Limits(timeout=60.0, max_bytes=100_000, backoff=0.01)
    with (
        lab(world(), Fault(path="verify", kind="bomb")) as running,
        pytest.raises(ApiError, match="larger than 100000"),
    ):
        get(running, "/user/tokens/verify", limits=limits)


def test_a_coding_nobody_asked_for_is_refused() -> None:
    with (
        lab(world(), Fault(path="verify", kind="garbled")) as running,
        pytest.raises(ApiError, match="nobody asked for"),
    ):
        get(running, "/user/tokens/verify")
    assert running.api.state.asked.total() == 1


def test_an_api_that_is_not_there_is_named_with_what_to_check() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]

    async def run() -> None:
        base = f"http://127.0.0.1:{port}/client/v4"
        async with Client(Credentials("demo"), base_url=base, limits=QUICK) as client:
            await client.get("/user/tokens/verify")

    with pytest.raises(ApiError) as caught:
        asyncio.run(run())
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "--api-base" in caught.value.hint


def test_the_token_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def run(running: Lab) -> list[str]:
        said = []
        async with running.client(token="s3cret-token") as client:
            for path in ("/user/tokens/verify", "/nowhere"):
                try:
                    await client.get(path)
                except ApiError as error:
                    said.append(f"{error!r} {error.hint}")
            said.append(repr(client) + repr(vars(client)))
        return said

    with lab(World(zones=(Zone(name="example.com"),))) as running:
        said = asyncio.run(run(running))
    assert len(said) == 3
    assert "s3cret" not in "".join(said) + caplog.text
