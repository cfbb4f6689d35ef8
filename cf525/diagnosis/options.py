"""What a caller may choose about a diagnosis. Defaults are what an engineer wants at night."""

from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path

from cf525.account.credentials import Credentials
from cf525.model import LoggedCertificate, Observation
from cf525.model.parsing import ConnectTo
from cf525.probe.reach import Reach
from cf525.series.run import Repeat
from cf525.values import dataclass

DEFAULT_TIMEOUT = 20.0
DEFAULT_EDGE_WAIT = 6.0
"""Seconds. The edge itself waits 19 s for a silent origin before it answers 522; so long no
report waits unless it is asked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices for one diagnosis.

    ``origins`` are addresses (with a port or None) given in place of what DNS and the API say;
    ``trust_given`` are files of anchors that were read elsewhere, by their names;
    ``mode`` overrides the zone's. ``lean`` reads the least of the account. ``country`` and
    ``headers`` (names in lower case) narrow rules that depend on the visitor. ``timeout`` is
    seconds for the whole target. ``at`` judges certificates as of then. ``fetch`` allows AIA,
    CRL and trust-list downloads; ``edge`` a request through Cloudflare, whose answer is waited
    for ``edge_wait`` seconds. ``check_revocation`` looks the certificates up in their CRLs.
    ``deep`` allows many connections to an address; ``server`` is the platform whose remedies
    are to come first. ``reach`` is from where and as whom the probes go out; ``repeat`` asks
    each address many times. ``observations`` were made elsewhere and are judged in place of
    probes. ``since`` asks the account what visitors met over that span, and what was changed.
    ``logged`` are certificates that transparency logs know of the name.
    """

    credentials: Credentials | None = None
    api_base: str = ""
    resolver: tuple[str, int] | None = None
    origins: tuple[tuple[str, int | None], ...] = ()
    mode: str | None = None
    sni: str | None = None
    connect_to: tuple[ConnectTo, ...] = ()
    trust_files: tuple[Path, ...] = ()
    trust_given: tuple[tuple[str, bytes], ...] = ()
    trust_only: bool = False
    at: datetime | None = None
    timeout: float = DEFAULT_TIMEOUT
    lean: bool = False
    country: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    edge: bool = True
    edge_wait: float = DEFAULT_EDGE_WAIT
    fetch: bool = True
    check_revocation: bool = False
    deep: bool = False
    server: str = ""
    reach: Reach = field(default_factory=Reach)
    repeat: Repeat | None = None
    observations: tuple[Observation, ...] = ()
    since: timedelta | None = None
    logged: tuple[LoggedCertificate, ...] | None = None
