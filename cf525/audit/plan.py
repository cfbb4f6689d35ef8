"""What an audit is going to cost, said before it begins: calls, probes and time. Pure."""

from typing import Final

from cf525.account.budget import BURST, RATE
from cf525.audit.options import Hosts
from cf525.report.line import counted
from cf525.values import dataclass

CALLS_A_ZONE: Final = 12
"""The DNS records, the list of rulesets, and ten settings and lists (``cf525.account``)."""
PROBES_A_HOST: Final = 1.5
HOSTS_A_SECOND: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """``hosts`` is an estimate unless ``exact``; ``calls`` are still to be made, ``spent`` were
    made to plan. ``seconds`` is the longer of the API's pace and the probing."""

    zones: int
    calls: int
    spent: int
    hosts: int
    exact: bool
    probes: int
    seconds: float

    def sentences(self) -> tuple[str, ...]:
        """The plan in words."""
        about = "" if self.exact else "about "
        minutes, seconds = divmod(round(self.seconds), 60)
        time = f"{minutes} min {seconds} s" if minutes else f"{max(seconds, 1)} s"
        return (
            f"{counted(self.zones, 'zone')}, {about}{counted(self.hosts, 'host')}",
            f"about {self.calls} API calls ({self.spent} made so far) of {RATE:g} a second"
            if self.calls or self.spent
            else "no API calls",
            f"about {self.probes} connections to origins, more where something is broken",
            f"about {time}",
        )


def cost_of_probing(*, zones: int, hosts: int) -> AuditPlan:
    """The expected cost of the second stage alone, whose hosts are known."""
    return AuditPlan(
        zones=zones,
        calls=0,
        spent=0,
        hosts=hosts,
        exact=True,
        probes=round(hosts * PROBES_A_HOST),
        seconds=max(hosts / HOSTS_A_SECOND, 1.0),
    )


def plan_audit(
    *,
    zones: int,
    accounts: int,
    spent: int,
    failing_zones: int,
    failing_hosts: int,
    hosts: Hosts,
    sampled: tuple[int, ...],
) -> AuditPlan:
    """The expected cost. ``sampled`` are the numbers of hosts in the zones already looked into."""
    exact = hosts is Hosts.FAILING
    read = failing_zones if exact else zones
    calls = read * CALLS_A_ZONE + accounts - (0 if exact else len(sampled))
    average = sum(sampled) / len(sampled) if sampled else 0
    expected = failing_hosts if exact else round(average * zones)
    probes = round(expected * PROBES_A_HOST)
    waiting = max(0, spent + calls - BURST) / RATE
    return AuditPlan(
        zones=zones,
        calls=calls,
        spent=spent,
        hosts=expected,
        exact=exact,
        probes=probes,
        seconds=max(waiting, expected / HOSTS_A_SECOND, 1.0),
    )
