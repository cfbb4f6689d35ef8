"""What the probe's tests share; those through real programs are collected where these are."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from typing import TypeAlias

import pytest

from cf525.lab.ca import Authority
from cf525.model import Observation
from cf525.probe.driver import run_probe
from cf525.probe.plan import edge_plan
from cf525.probe.transports import Transport
from tests.causes.scenarios import HOST, TARGET, route
from tests.servers.inprocess import OpenSSLPeer, listening, openssl_context

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
HERE = all(shutil.which(each, path=SEARCHED) for each in ("sshd", "ssh", "microsocks", "tinyproxy"))

collect_ignore = [] if HERE or "CF525_REQUIRE_SERVERS" in os.environ else ["test_real_ways.py"]

Place: TypeAlias = tuple[str, int]


@pytest.fixture(scope="module")
def origin() -> Iterator[Place]:
    context = openssl_context(Authority().issue(HOST))
    with listening(lambda: OpenSSLPeer(context, answer=ANSWER)) as place:
        yield place


def probe(place: Place, transport: Transport, deadline: float = 60_000) -> Observation:
    plan = edge_plan(route(place), TARGET, id="o1", deadline=deadline)
    return asyncio.run(run_probe(plan, transport=transport))
