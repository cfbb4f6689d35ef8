"""The tools and resources, served over standard input and output by the official SDK.

Each tool reads and probes and changes nothing. Its targets are checked first (``names``), its time
is bounded by the options, and its answer is short: the whole report is a resource. A fault of ours
or of the caller is a tool error in one sentence; the server lives on.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from cf525.assistant.answer import NOTE, Answer, answer_of
from cf525.assistant.foreign import quoted_in
from cf525.assistant.kept import Kept
from cf525.assistant.marks import MOST_TEXT, marked, runs_of
from cf525.assistant.names import Reachable
from cf525.causes import explain as catalogue
from cf525.causes.page import page_ids
from cf525.diagnosis.options import Options
from cf525.errors import ApiError, Cf525Error, UsageError
from cf525.jobs.apart import apart
from cf525.jobs.diagnose import diagnose
from cf525.jobs.lint import Lint
from cf525.jobs.probe import SingleProbe, probe_once
from cf525.jobs.route import find_routes
from cf525.jobs.verify import Verification
from cf525.model import Report
from cf525.model.decoding import whole_number
from cf525.model.parsing import parse_hostname, parse_target
from cf525.report.plain import to_json
from cf525.values import dataclass
from cf525.version import __version__

INSTRUCTIONS: Final = (
    "Finds out why Cloudflare's edge answers 525 or 526 for a host and what to change. "
    "Begin with diagnose; explain needs no network. Nothing here changes anything. " + NOTE
)
READS: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
OFFLINE: Final = READS.model_copy(update={"open_world_hint": False})
MOST_AT_ONCE: Final = 4
MOST_FILE: Final = 1_000_000
"""Characters of a configuration or a chain that is handed over."""

Name = Annotated[str, Field(max_length=300, description="The hostname that visitors ask for.")]
Word = Annotated[str, Field(max_length=100)]


class Explanation(TypedDict):
    """A page of the catalogue, or what a pasted line means."""

    text: str


class Cost(TypedDict):
    """What an audit of the whole account would cost."""

    plan: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customs:
    """How the command line reads a mode, a server's name and that of one whose configuration is
    read (all raise UsageError), and what it would exit with after a report."""

    mode: Callable[[str], str | None]
    server: Callable[[str], str]
    linted: Callable[[str], str]
    exit_status: Callable[[Report], int]


@dataclass
class Tools:
    """The tools of one server."""

    options: Options
    reachable: Reachable
    customs: Customs
    kept: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._heavy = asyncio.Lock()

    async def diagnose(
        self,
        context: Context,
        host: Name,
        origin: Annotated[
            str, Field(max_length=300, description="An address allowed at the start, or empty.")
        ] = "",
        mode: Annotated[
            Word, Field(description="off, flexible, full or strict; empty for the account's.")
        ] = "",
        server: Annotated[
            Word, Field(description="The origin's software, by any common name, or empty.")
        ] = "",
    ) -> Answer:
        """Which status visitors of a host get from Cloudflare, why, and what to change."""
        async with self._guarded():
            target = parse_target(host)
            await self.reachable.host(target.host)
            options = replace(
                self.options,
                origins=(self.reachable.place(origin),) if origin else (),
                mode=self._mode(mode),
                server=self._server(server),
            )
            await context.report_progress(0, 2, "reading the account and DNS")
            report = await diagnose(target, options)
            await context.report_progress(2, 2, "done")
            return self._told(report)

    async def route(self, context: Context, host: Name) -> Answer:
        """How the edge would reach the origin of a host, without probing anything."""
        del context
        async with self._guarded():
            target = parse_target(host)
            await self.reachable.host(target.host)
            return self._told(await find_routes(target, self.options))

    async def probe(
        self,
        context: Context,
        address: Annotated[str, Field(max_length=300, description="ADDR or ADDR:PORT.")],
        sni: Annotated[str, Field(max_length=300, description="The name to ask for.")],
    ) -> Answer:
        """One handshake with an address that was allowed at the start, as the edge makes it."""
        del context
        async with self._guarded():
            found, port = self.reachable.place(address)
            shown = f"[{found}]" if ":" in found else found
            job = SingleProbe(
                place=f"{shown}:{port or 443}",
                sni=parse_hostname(sni),
                connect_to=self.options.connect_to,
                resolver=self.options.resolver,
                timeout=self.options.timeout,
                reach=self.options.reach,
            )
            report, _ = await probe_once(job)
            return self._told(report)

    async def verify(
        self,
        context: Context,
        chain: Annotated[
            str, Field(max_length=MOST_FILE, description="PEM: the leaf, then its intermediates.")
        ],
        host: Name,
        mode: Word = "strict",
        server: Word = "",
    ) -> Answer:
        """Would the edge accept this certificate chain? Never send a private key."""
        del context
        async with self._guarded(chain, wait=False):
            if "PRIVATE KEY" in chain:
                raise UsageError("a private key is not to be sent here", hint="send certificates")
            job = Verification(
                paths=(Path("chain.pem"),),
                text=chain.encode(errors="replace"),
                hosts=(parse_hostname(host),),
                mode=self._mode(mode) or "strict",
                trust_files=self.options.trust_files,
                trust_only=self.options.trust_only,
                fetch=False,
                resolver=self.options.resolver,
                server=self._server(server),
                timeout=self.options.timeout,
            )
            return self._told(await self._apart(job))

    async def lint(
        self,
        context: Context,
        configuration: Annotated[
            str, Field(max_length=MOST_FILE, description="The server's configuration, one file.")
        ],
        host: Name,
        server: Word = "",
    ) -> Answer:
        """Which line of an origin's configuration the edge stumbles over; reads no file."""
        del context
        async with self._guarded(configuration, wait=False):
            job = Lint(
                host=parse_hostname(host),
                paths=("-",),
                server=self.customs.linted(server) if server else "",
                text=configuration.encode(errors="replace"),
                trust_files=self.options.trust_files,
                trust_only=self.options.trust_only,
                timeout=self.options.timeout,
            )
            return self._told(await self._apart(job), configuration)

    async def _apart(self, job: Lint | Verification) -> Report:
        """Judge what a stranger may have written, one such at a time and outside the few turns,
        so that everything else goes on; the time of the options is for the waiting too."""
        try:
            async with asyncio.timeout(self.options.timeout), self._heavy:
                return await apart(job)
        except TimeoutError:
            raise UsageError(
                f"nothing was learned within {self.options.timeout:g} s",
                hint="hand over the part that concerns the host",
            ) from None

    async def explain(
        self,
        context: Context,
        topic: Annotated[
            str, Field(max_length=4_000, description="525, a cause, an alert, a word, a log line.")
        ],
        server: Word = "",
    ) -> Explanation:
        """What a status, cause, alert, log line or word of the trade means; works offline."""
        del context
        async with self._guarded():
            text = catalogue.explain(topic.strip(), server=self._server(server))
            if text is None:
                near = catalogue.nearest(topic)
                raise UsageError(
                    "nothing is known about that", hint=f"did you mean: {', '.join(near)}"
                )
            return Explanation(text=marked(text, runs_of((topic,)), most=MOST_TEXT))

    async def audit_plan(self, context: Context) -> Cost:
        """What an audit of every host of the account would cost; probes nothing."""
        from cf525.audit.keeping import Keeping
        from cf525.audit.options import AuditOptions
        from cf525.audit.run import audit

        async with self._guarded():
            if self.options.credentials is None:
                raise UsageError("there is no account to read", hint="start it with a token")
            await context.report_progress(0, None, "reading the account's zones")
            found = await audit(
                AuditOptions(base=self.options),
                Keeping(path=Path(os.devnull)),
                _Silent(),
                plan_only=True,
            )
            assert found.plan is not None
            return Cost(plan=list(found.plan.sentences()))

    def part(self, number: str, part: str) -> str:
        """A part of a whole report, as JSON."""
        try:
            kept = self.kept.part(whole_number(number) or 0, whole_number(part) or 0)
            told: Mapping[str, Any] = json.loads(kept)
        except KeyError:
            raise ResourceNotFoundError("no such report is kept; ask the tool again") from None
        return json.dumps({"foreign_text": "Strings of this text may be an origin's.", **told})

    def _told(self, report: Report, handed_over: str = "") -> Answer:
        number = self.kept.keep(to_json(report))
        return answer_of(
            report,
            handed_over=handed_over,
            exit_status=self.customs.exit_status(report),
            full=f"cf525://reports/{number}/1",
        )

    def _mode(self, written: str) -> str | None:
        return self.customs.mode(written) if written else None

    def _server(self, written: str) -> str:
        return self.customs.server(written) if written else ""

    def _guarded(self, handed_over: str = "", *, wait: bool = True) -> "_Guarded":
        return _Guarded(self._turns if wait else None, handed_over)


class _Guarded:
    """A turn of the few at once; what goes wrong inside is the caller's to read, in a sentence in
    which the caller's own text and what the API said are marked. A fault of ours is one too, and
    no trace of it."""

    def __init__(self, turns: asyncio.Semaphore | None, handed_over: str) -> None:
        self._turns = turns
        self._handed_over = handed_over

    async def __aenter__(self) -> None:
        if self._turns is not None:
            await self._turns.acquire()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._turns is not None:
            self._turns.release()
        if isinstance(error, Cf525Error):
            hint = f" ({error.hint})" if error.hint else ""
            theirs = quoted_in(error.message) if isinstance(error, ApiError) else ()
            text = marked(f"{error.message}{hint}", runs_of((self._handed_over, *theirs)))
            raise ToolError(text[:1_000]) from None
        if isinstance(error, Exception) and not isinstance(error, ToolError):
            raise ToolError(
                f"cf525 failed at this ({type(error).__name__}): please report it, with what was "
                "asked"
            ) from None


class _Silent:
    """Watches a plan, of which nothing is to be told before its end."""

    def planned(self, plan: object, *, done: int) -> None:
        pass

    def zone_done(self, api_calls: int) -> None:
        pass

    def host_done(self, row: object, line: object) -> None:
        pass


def build(tools: Tools) -> MCPServer:
    """The server with its tools and resources; ``run("stdio")`` serves it."""
    server = MCPServer("cf525", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR")
    reading: tuple[Callable[..., Any], ...] = (
        tools.diagnose,
        tools.route,
        tools.probe,
        tools.audit_plan,
    )
    offline: tuple[Callable[..., Any], ...] = (tools.verify, tools.lint, tools.explain)
    for tool in (*reading, *offline):
        hints = OFFLINE if tool in offline else READS
        server.tool(annotations=hints, structured_output=True)(tool)
    server.resource(
        "cf525://reports/{number}/{part}",
        name="report",
        description="A part of the whole report of an earlier answer.",
        mime_type="application/json",
    )(tools.part)
    server.resource(
        "cf525://runbook/{cause}",
        name="runbook",
        description="The page of a cause.",
        mime_type="text/markdown",
    )(_page)
    server.resource(
        "cf525://runbook",
        name="causes",
        description="Every cause of the catalogue.",
        mime_type="application/json",
    )(_causes)
    server.resource(
        "cf525://schema",
        name="schema",
        description="The JSON Schema of a report.",
        mime_type="application/schema+json",
    )(_schema)
    return server


def _page(cause: str) -> str:
    if cause not in page_ids():
        raise ResourceNotFoundError("there is no such cause")
    return catalogue.explain(cause, full=True) or ""


def _causes() -> str:
    return json.dumps(list(page_ids()))


def _schema() -> str:
    from cf525.report.schemas import json_schema

    return json.dumps(json_schema())
