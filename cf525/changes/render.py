"""A change as people apply it by hand: shell lines, a Terraform block, a way in the dashboard.

The shell needs sh, curl and jq, takes the token from ``CLOUDFLARE_FIX_TOKEN`` and the API's
address from ``CLOUDFLARE_BASE_URL`` where that is set, and leaves the old values in variables
that the undo uses. Every text is quoted: a value from elsewhere stays a value.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cf525.changes.picking import jq
from cf525.changes.standing import rules_of, undo_write
from cf525.model import Change, Read, Write
from cf525.model.fix import FixEntry, FixRequest, MadeState, RequestKind
from cf525.patterns import lazy_pattern

API: Final = "https://api.cloudflare.com/client/v4"
BASE: Final = f'API="${{CLOUDFLARE_BASE_URL:-{API}}}"'
_AUTHORIZED: Final = '-H "Authorization: Bearer $CLOUDFLARE_FIX_TOKEN"'
_JSON: Final = '-H "Content-Type: application/json"'
_NAMED: Final = lazy_pattern(r"\{([A-Z]+)\}")
_SETTINGS: Final = ("ssl", "tls_client_auth", "origin_max_http_version")
"""Settings for which Terraform's cloudflare_zone_setting is known to do."""


def dashboard(change: Change) -> str:
    """Where the same is done by hand."""
    return f"dashboard: {change.dashboard}"


def needs(change: Change) -> str:
    """The right and the plan it takes, in a few words."""
    plan = f"; {change.plan.capitalize()} plan" if change.plan else ""
    return f"token right: {change.right}{plan}"


# -- shell ------------------------------------------------------------------------------------


def shell(change: Change) -> tuple[str, ...]:
    """The lines that make it; each value that the undo needs is printed."""
    kept = _names(change.undo.write) - {each.name for each in change.undo.reads}
    lines = [BASE]
    for read in change.reads:
        lines.append(_read(read, change.write))
        if read.name in kept:
            name = _variable(read)
            lines.append(f"echo \"{name}='${name}'\"")
    write = _for_each(change.reads, change.write)
    if change.otherwise is None:
        lines.append(write)
    else:
        found = _variable(change.reads[0])
        other = _curl(change.otherwise)
        lines.append(f'if [ -n "${found}" ]; then {write}; else {other}; fi')
    return tuple(lines)


def undo_shell(change: Change) -> tuple[str, ...]:
    """The lines that take it back, in the shell that made it or in another one."""
    reads = tuple(_read(each, change.undo.write) for each in change.undo.reads)
    return (BASE, *reads, _for_each((*change.reads, *change.undo.reads), change.undo.write))


def _read(read: Read, write: Write) -> str:
    """A value for a path is taken as text, one for a body as JSON."""
    raw = "-r" if f"{{{read.name}}}" in write.path else "-c"
    answer = f'curl -s "{_path(read.path)}" {_AUTHORIZED}'
    return f"{_variable(read)}=$({answer} | jq {raw} {_quoted(jq(read))})"


def _variable(read: Read) -> str:
    return f"{read.name}S" if read.many else read.name


def _for_each(reads: Sequence[Read], write: Write) -> str:
    many = next((each for each in reads if each.many and each.name in _names(write)), None)
    if many is None:
        return _curl(write)
    # A substitution is split into words by every shell; a bare variable is not by zsh.
    return f"for {many.name} in $(echo ${_variable(many)}); do {_curl(write)}; done"


def _curl(write: Write) -> str:
    line = f'curl -s -w "\\n" -X {write.method} "{_path(write.path)}" {_AUTHORIZED}'
    if write.body is None:
        return line
    return f"{line} {_JSON} -d {_body(write.body)}"


def _path(path: str) -> str:
    safe = re.sub(r"[^\w.{}/?&=%:-]", "", path, flags=re.ASCII)
    return "$API/" + _NAMED.sub(lambda found: f"${found[1]}", safe)


def _body(body: Mapping[str, object]) -> str:
    text = _quoted(json.dumps(body, separators=(",", ":")))
    return re.sub(r'"\{([A-Z]+)\}"', lambda found: f"'\"${found[1]}\"'", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _names(write: Write) -> set[str]:
    return set(_NAMED.findall(write.path + json.dumps(write.body)))


def undo_lines(entry: FixEntry) -> tuple[str, ...]:
    """One line for each write of a change that stands, the last one first, with everything in it:
    it needs curl and the token, and none of this program."""
    lines = []
    for request, made in reversed(list(zip(entry.requests, entry.made, strict=True))):
        write = undo_write(request, made, entry.zone_id)
        if made.state is MadeState.MADE and write is not None:
            lines.append(_whole_curl(write, entry.api_base))
    return tuple(lines)


def _whole_curl(write: Write, base: str) -> str:
    url = _quoted(f"{base.rstrip('/')}/{write.path}")
    line = f"curl -sS -X {write.method} {url} {_AUTHORIZED}"
    if write.body is None:
        return line
    return f"{line} {_JSON} -d {_quoted(json.dumps(write.body, separators=(',', ':')))}"


# -- Terraform --------------------------------------------------------------------------------


def terraform(change: Change, requests: Sequence[FixRequest] = ()) -> str:
    """A block for provider version 5, with the rule as these requests write it, its end too; empty
    where none is known to do the same."""
    if change.otherwise is not None and change.otherwise.body is not None:
        return "\n".join(_ruleset(change, {**change.otherwise.body, **_as_written(requests)}))
    zone, _, rest = change.write.path.removeprefix("zones/").partition("/")
    setting = rest.removeprefix("settings/")
    if setting in _SETTINGS and change.write.body is not None:
        members = {"zone_id": zone, "setting_id": setting, **change.write.body}
        return "\n".join(_block("cloudflare_zone_setting", setting, members))
    if change.id == "grey-record":
        return "# in every cloudflare_dns_record of the name:\nproxied = false"
    return ""


def _as_written(requests: Sequence[FixRequest]) -> Mapping[str, object]:
    bodies = [each.body for each in requests if each.kind is RequestKind.RULE and each.body]
    return {"rules": rules_of(bodies[0]) or [bodies[0]]} if bodies else {}


def _ruleset(change: Change, body: Mapping[str, object]) -> Iterator[str]:
    yield "# Where the zone has a cloudflare_ruleset of this phase, add the rule to its rules."
    zone = change.write.path.split("/")[1]
    yield from _block("cloudflare_ruleset", str(body["phase"]), {"zone_id": zone, **body})


def _block(kind: str, name: str, members: Mapping[str, object]) -> Iterator[str]:
    yield f'resource "{kind}" "{name}" {{'
    for key, value in members.items():
        yield f"  {key} = {_hcl(value, 1)}"
    yield "}"


def _hcl(value: object, depth: int) -> str:
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, Mapping):
        lines = (f"{inner}{key} = {_hcl(each, depth + 1)}\n" for key, each in value.items())
        return "{\n" + "".join(lines) + outer + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_hcl(each, depth) for each in value) + "]"
    # "${" and "%{" begin a template in HCL.
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
