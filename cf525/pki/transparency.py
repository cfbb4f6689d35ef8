"""Certificates that were logged for a name: reads what a search of transparency logs gives.

Two searches are understood: crt.sh (``output=json``) and Cert Spotter's API. Nothing is fetched:
the user supplies the file. It comes from somebody else, so an entry that is not of the expected
form is an error of the whole file, and what is in it is never more than a claim.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cf525.model import LoggedCertificate
from cf525.model.decoding import decode
from cf525.patterns import lazy_pattern
from cf525.pki.names import matches

MOST_BYTES: Final = 32 << 20
MOST_NAMES: Final = 200
_SERIAL: Final = lazy_pattern(r"[0-9a-f]{1,64}")


def parse(data: bytes) -> tuple[LoggedCertificate, ...]:
    """The logged certificates, each once, the newest first. Raises ValueError."""
    entries = decode(data)
    if not isinstance(entries, Sequence) or not all(isinstance(each, Mapping) for each in entries):
        raise ValueError("not a list of certificates")
    found = {_certificate(each): None for each in entries}
    return tuple(sorted(found, key=lambda each: each.not_before, reverse=True))


def successors(
    logged: Sequence[LoggedCertificate], host: str, *, after: datetime, at: datetime
) -> tuple[LoggedCertificate, ...]:
    """Those in force that began later than ``after``, the newest first."""
    return tuple(each for each in in_force(logged, host, at=at) if each.not_before > after)


def in_force(
    logged: Sequence[LoggedCertificate], host: str, *, at: datetime
) -> tuple[LoggedCertificate, ...]:
    """Those that cover ``host`` and are valid at ``at``, in the order given."""
    return tuple(
        each
        for each in logged
        if each.not_before <= at <= each.not_after
        and any(matches(name.encode("utf-8", "replace"), host) for name in each.names)
    )


def _certificate(entry: Mapping[str, Any]) -> LoggedCertificate:
    read = _of_cert_spotter if "dns_names" in entry else _of_crt_sh
    return read(entry)


def _of_crt_sh(entry: Mapping[str, Any]) -> LoggedCertificate:
    names = str(entry["name_value"]).splitlines()
    serial = str(entry.get("serial_number", "")).lower().lstrip("0")
    return LoggedCertificate(
        not_before=_moment(entry["not_before"]),
        not_after=_moment(entry["not_after"]),
        names=_names(names),
        issuer=str(entry.get("issuer_name", ""))[:200],
        serial=serial if _SERIAL.fullmatch(serial) else "",
    )


def _of_cert_spotter(entry: Mapping[str, Any]) -> LoggedCertificate:
    issuer = entry.get("issuer")
    return LoggedCertificate(
        not_before=_moment(entry["not_before"]),
        not_after=_moment(entry["not_after"]),
        names=_names(entry["dns_names"]),
        issuer=str(issuer.get("name", ""))[:200] if isinstance(issuer, Mapping) else "",
    )


def _names(names: Sequence[Any]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ValueError("names are a list")
    return tuple(sorted({str(each).strip().lower() for each in names[:MOST_NAMES]}))


def _moment(text: Any) -> datetime:
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
