"""Which zones and which of their hostnames an audit looks at. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from cf525.audit.options import AuditOptions, Hosts
from cf525.errors import UsageError
from cf525.model import ZoneFacts

SAMPLE = "cf525-sample"
"""The label that stands for any name under a wildcard record."""


def choose_zones(zones: Sequence[ZoneFacts], options: AuditOptions) -> tuple[ZoneFacts, ...]:
    """The zones to audit, in order of their names.

    Raises UsageError for a name or pattern that matches none, and when nothing is left.
    """
    if not zones:
        raise UsageError("the token sees no zone", hint="give it Zone Read for the zones to audit")
    for pattern in options.zones:
        if not any(fnmatchcase(zone.name, pattern) for zone in zones):
            raise UsageError(
                f"--zone {pattern!r} matches none of the {len(zones)} zones the token sees",
                hint="give a zone's name, or a pattern such as '*.example'",
            )
    if options.account and not any(zone.account_id == options.account for zone in zones):
        raise UsageError(
            f"--account {options.account!r} holds no zone the token sees",
            hint="give the account's id, 32 hexadecimal digits",
        )
    chosen = (
        zone
        for zone in zones
        if (not options.zones or _any(zone.name, options.zones))
        and options.account in ("", zone.account_id)
        and (options.shard is None or options.shard.holds(zone.name))
    )
    return tuple(sorted(chosen, key=lambda zone: zone.name))


def served(zone: ZoneFacts) -> bool:
    """Whether the edge proxies anything of the zone now."""
    return zone.status == "active" and not zone.paused


def choose_hosts(
    names: Mapping[str, bool], failing: Iterable[str], options: AuditOptions
) -> tuple[str, ...]:
    """The hostnames to look at: those that fail first, then the zone's in order.

    ``names`` maps every name of the zone to whether the edge serves it; a wildcard is looked at
    through one sample name below it.
    """
    chosen = dict.fromkeys(failing)
    if options.hosts is not Hosts.FAILING:
        for name in sorted(names):
            if names[name] or options.hosts is Hosts.ALL:
                chosen[f"{SAMPLE}{name[1:]}" if name.startswith("*.") else name] = None
    return tuple(
        host
        for host in chosen
        if (not options.match or _any(host, options.match)) and not _any(host, options.exclude)
    )


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
