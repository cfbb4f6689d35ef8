"""Fewer calls a zone, for a run over many: what one cheap answer rules out is not asked.

The list of a zone's rulesets tells which rule products it does not use at all, and an empty list
of client certificates that no hostname has its own. What a diagnosis reads for completeness alone
is left out and said to be; so is that the list of rulesets may hide what the token has no right
to.

Source: developers.cloudflare.com/ruleset-engine/reference/phases-list.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.readings import HOSTNAME_CERTIFICATES, Reading, ReadResult, read, read_all
from cf525.account.rights import Right
from cf525.model import Unknown

RULESETS: Final = Reading(
    id="rulesets",
    path="/zones/{zone}/rulesets",
    needs=Right.CONFIG_RULES,
    what="The list of the zone's rulesets",
    matters="it tells which rule products the zone uses",
    listed=True,
)
PHASES: Final = {
    "config_rules": "http_config_settings",
    "origin_rules": "http_request_origin",
    "snippets": "http_request_snippets",
    "cloud_connector": "http_request_cloud_connector",
}
"""Readings that say nothing when the zone has no ruleset of a phase."""

EXTRAS: Final = ("auto_origin_tls_kex", "origin_tls_compliance_modes", "origin_max_http_version")

NOT_ASKED: Final = Unknown(
    id="audit-spares-calls",
    text="Automatic key exchange, compliance modes, the HTTP version towards origins and whether a "
    "delegation shadows a record are not read in a run over many hosts, and rules of a kind that "
    "the token may not read go unseen.",
    next="Run cf525 diagnose on the host, which reads them.",
)


CORE: Final = ("ssl", "page_rules", "config_rules", "origin_rules")
LEAN: Final = Unknown(
    id="lean-reading",
    text="Load balancers, custom hostnames, Cloud Connector, Workers, Authenticated Origin Pulls, "
    "the trust store, HTTP and post-quantum settings, the account's DNS switch, and zones below "
    "the shortest one were not read, as asked.",
    next="Run again without --lean.",
)
"""Stands for every reading that a lean run leaves out."""


async def read_lean(
    client: Client, readings: Sequence[Reading], names: Mapping[str, str]
) -> dict[str, ReadResult]:
    """Only what decides mode, address, port, Host and SNI in most zones; the rest is unread."""
    core = await read_all(client, [each for each in readings if each.id in CORE], names)
    return {**{each.id: ReadResult(unread=LEAN) for each in readings}, **core}


async def read_sparingly(
    client: Client, readings: Sequence[Reading], names: Mapping[str, str]
) -> dict[str, ReadResult]:
    """All readings by id as a run over many targets needs them, in two rounds; what was not
    asked has an empty outcome. What is the zone's is read and put together once for all hosts."""
    own = [each for each in readings if "{host}" in each.path]
    shared = [each for each in readings if "{host}" not in each.path]
    known = f"/zones/{names['zone']}/sparing/{len(shared)}"
    if known not in client.derived:
        client.derived[known] = asyncio.ensure_future(_of_zone(client, shared, names))
    zone: Mapping[str, ReadResult] = await asyncio.shield(client.derived[known])
    certificates = zone[HOSTNAME_CERTIFICATES.id]
    if certificates.unread is None and not certificates.value:
        return {**zone, **{each.id: ReadResult() for each in own}}
    return {**zone, **await read_all(client, own, names)}


async def _of_zone(
    client: Client, readings: Sequence[Reading], names: Mapping[str, str]
) -> dict[str, ReadResult]:
    """The readings that are the same for every host of the zone."""
    left_out = {*PHASES, *EXTRAS}
    now = [each for each in readings if each.id not in left_out]
    first, certificates, rulesets = await asyncio.gather(
        read_all(client, now, names),
        read(client, HOSTNAME_CERTIFICATES, names),
        read(client, RULESETS, names),
    )
    later = {*PHASES}
    if rulesets.unread is None:
        used = _phases(rulesets)
        later.difference_update(id for id, phase in PHASES.items() if phase not in used)
    second = await read_all(client, [each for each in readings if each.id in later], names)
    asked = {**{each.id: ReadResult() for each in readings}, **first, **second}
    return {**asked, HOSTNAME_CERTIFICATES.id: certificates}


def _phases(rulesets: ReadResult) -> set[Any]:
    rows = rulesets.value if isinstance(rulesets.value, list | tuple) else ()
    return {row.get("phase") for row in rows if isinstance(row, Mapping)}
