"""``cf525 mcp`` asked by the official client, over pipes as an assistant's program does it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from cf525.lab.running import Lab
from tests.cli import forked
from tests.cli.test_command_line import environment

if TYPE_CHECKING:  # it takes seconds to load, and most test processes need none of it
    from mcp.client import Client
    from mcp.types import CallToolResult


def ask(
    lab: Lab | None,
    job: "Callable[[Client], Awaitable[Any]]",
    *arguments: str,
    more: Mapping[str, str] | None = None,
) -> Any:
    """What the job learns of a server that runs for it alone."""
    import anyio
    from mcp.client import Client

    async def within() -> Any:
        transport = _server(arguments, {**environment(lab), **(more or {})})
        async with Client(transport, raise_exceptions=False) as client:
            return await job(client)

    return anyio.run(within)


def calls(lab: Lab | None, tool: str, *arguments: str, **values: Any) -> "CallToolResult":
    async def job(client: "Client") -> Any:
        return await client.call_tool(tool, values)

    found: CallToolResult = ask(lab, job, *arguments)
    return found


def said(result: "CallToolResult") -> str:
    return "".join(each.text for each in result.content if each.type == "text")


@asynccontextmanager
async def _server(arguments: tuple[str, ...], env: Mapping[str, str]) -> AsyncIterator[Any]:
    """The messages to and from a server. It ends as its standard input does."""
    import anyio
    from mcp.server.stdio import stdio_server

    heard, asking = os.pipe()
    answers, saying = os.pipe()
    words = ("mcp", "--no-fetch", *arguments)
    started = forked.start("cf525.cli.__main__", words, env, saying, 2, heard=heard)
    os.close(heard)
    os.close(saying)
    with os.fdopen(answers, encoding="utf-8") as told, os.fdopen(asking, "w") as questions:
        async with stdio_server(anyio.wrap_file(told), anyio.wrap_file(questions)) as streams:
            try:
                yield streams
            finally:
                questions.close()
    assert started.wait(60) == 0
