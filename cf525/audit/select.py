"""Which zones and which of their hostnames an audit looks at. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from cf525.audit.options import AuditOptions, Hosts
from cf525.errors import UsageError
from cf525.model import ZoneFacts
from cf525.report.line import counted

SAMPLE = "cf525-sample"
"""The label that stands for any name under a wildcard record."""


def choose_zones(zones: Sequence[ZoneFacts], options: AuditOptions) -> tuple[ZoneFacts, ...]:
    """The zones to audit, in order of their names.

    Raises UsageError for a name or pattern that matches none, and when nothing is left.
    """
    if not zones:
        raise UsageError("the token sees no zone", hint="give it Zone Read for the zones to audit")
    for pattern in options.zones:
        if not any(_any(zone.name, (pattern,)) for zone in zones):
            near = nearest(pattern, (zone.name for zone in zones))
            raise UsageError(
                f"--zone {pattern!r} matches none of the {len(zones)} zones the token sees",
                hint=near or "give a zone's name, or a pattern such as '*.example'",
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


def nothing_selected(names: Iterable[str], options: AuditOptions) -> UsageError:
    """The error for patterns that leave none of the hostnames there are."""
    seen = sorted(set(names))
    patterns = " ".join(f"--match {each!r}" for each in options.match)
    patterns += " ".join(f" --exclude {each!r}" for each in options.exclude)
    near = nearest(options.match[0], seen) if options.match else ""
    return UsageError(
        f"{patterns.strip() or '--hosts ' + options.hosts.value} leaves none of "
        f"{counted(len(seen), 'hostname')} to look at",
        hint=near
        or "cf525 audit --plan says how many hosts a selection has; --hosts all takes "
        "those that are not proxied as well",
    )


def nearest(wanted: str, names: Iterable[str]) -> str:
    """'the nearest are a.example, b.example'; empty where nothing is near."""
    close = get_close_matches(wanted.lower().strip("*."), list(names), n=3, cutoff=0.5)
    return f"the nearest: {', '.join(close)}" if close else ""


def _any(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name has one of these patterns; hostnames know no case."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
