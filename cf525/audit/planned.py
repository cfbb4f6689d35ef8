"""A host whose routes are known, and how it is to be looked at: all that a probe needs, as data.

What stands here goes to other processes and machines, so it holds no credentials, and what comes
back from a file is checked as exactly as a checkpoint. Nothing is looked at here.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cf525.audit.options import AuditOptions
from cf525.diagnosis.options import DEFAULT_TIMEOUT, Options
from cf525.diagnosis.routes import RoutePlan
from cf525.edge.ranges import classify
from cf525.errors import UsageError
from cf525.model import Route, Target, Traffic, Unknown
from cf525.model.audit import Accepted
from cf525.net import private
from cf525.values import dataclass

MOST_TRUST_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHost:
    """One host of an audit. ``plan`` is what to look at, ``in_force`` its routes in the mode in
    force where ``plan`` is about another one."""

    zone: str
    target: Target
    plan: RoutePlan
    in_force: tuple[Route, ...] = ()
    traffic: Traffic | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what no network has; such a plan was written by somebody else."""
        ports = [each.port for each in (*self.plan.routes, *self.in_force)]
        ports += [each.dial[1] for each in self.plan.routes if each.dial is not None]
        if not all(0 < port < 65_536 for port in ports):
            raise ValueError("no such port")
        asked = (each for each in self.plan.routes if each.probeable and each.dial is None)
        if any(each.address and classify(each.address) is not None for each in asked):
            raise ValueError("an address that is asked only where a person names it")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where connections are going to be opened, in order."""
        found = {each.address for each in self.plan.routes if each.probeable and each.address}
        return tuple(sorted(found))

    def without_routes(self, doubt: Unknown) -> "PlannedHost":
        """The same where nothing can be looked at, for this reason."""
        unknowns = (*self.plan.unknowns, doubt)
        return replace(self, plan=replace(self.plan, routes=(), unknowns=unknowns), in_force=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """A file of trusted certificates, PEM or DER, by the name a person gave it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How the hosts of an audit are looked at and judged, the same wherever that is done.

    ``what_if`` is the mode they are judged in where it is not their own; ``timeout`` and ``gap``
    are seconds. The other members are those of ``AuditOptions`` and of the options of a diagnosis.
    """

    what_if: str = ""
    expiring: int | None = None
    at: datetime | None = None
    timeout: float = DEFAULT_TIMEOUT
    fetch: bool = True
    trust: tuple[Anchors, ...] = ()
    trust_only: bool = False
    accepted: tuple[Accepted, ...] = ()
    per_address: int = 4
    gap: float = 0.002
    at_once: int = 96

    def __post_init__(self) -> None:
        """Raises ValueError for what no command line could ask for."""
        for value, least, most in (
            (self.timeout, 0.1, 600.0),
            (self.per_address, 1, 64),
            (self.gap, 0.0, 60.0),
            (self.at_once, 1, 10_000),
            (self.expiring or 0, 0, 3_650),
        ):
            if not least <= value <= most:
                raise ValueError(f"{value} is not within {least} and {most}")

    def options(self, resolver: tuple[str, int] | None = None) -> Options:
        """What a diagnosis takes of it; ``resolver`` is this machine's."""
        return Options(
            resolver=resolver,
            timeout=self.timeout,
            at=self.at,
            fetch=self.fetch,
            trust_given=tuple((each.name, each.content) for each in self.trust),
            trust_only=self.trust_only,
            edge=False,
        )


def judging_of(options: AuditOptions) -> Judging:
    """What bears on looking and judging, out of all that was chosen. Raises UsageError."""
    base = options.base
    return Judging(
        what_if=options.what_if,
        expiring=options.expiring,
        at=base.at,
        timeout=base.timeout,
        fetch=base.fetch,
        trust=tuple(_anchors(path) for path in base.trust_files),
        trust_only=base.trust_only,
        accepted=options.accepted,
        per_address=options.per_address,
        gap=options.gap,
        at_once=options.at_once,
    )


def _anchors(path: Path) -> Anchors:
    try:
        return Anchors(name=str(path), content=private.read(path, MOST_TRUST_BYTES))
    except OSError as error:
        raise UsageError(
            f"the trust file {path} cannot be read: {error.strerror or error}",
            hint="--trust takes a file with CA certificates in PEM or DER",
        ) from None
