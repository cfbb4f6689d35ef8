"""Which entries of the audit log bear on the handshake with an origin. Pure.

Entries are matched by what they say they changed, loosely, because the log knows far more kinds
than are documented; an entry that is not recognised is left out, an unknown value printed as it
is.

Source: developers.cloudflare.com/logs/logpush/logpush-job/datasets/account/audit_logs.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cf525.model import LoggedChange, ZoneFacts
from cf525.model.decoding import decode

MOST: Final = 20
_LONGEST: Final = 60

SETTINGS: Final[Mapping[str, str]] = {
    "ssl": "mode (SSL/TLS)",
    "ssl_automatic_mode": "Automatic SSL/TLS",
    "tls_client_auth": "Authenticated Origin Pulls",
    "origin_tls_client_auth": "Authenticated Origin Pulls",
    "origin_max_http_version": "HTTP version to the origin",
    "origin_post_quantum_encryption": "post-quantum setting to the origin",
    "origin_tls_compliance_modes": "TLS compliance modes to the origin",
    "always_use_https": "Always Use HTTPS",
    "custom_trust_store": "Custom Origin Trust Store",
}
KINDS: Final[Mapping[str, str]] = {
    "dns": "DNS record",
    "rec": "DNS record",
    "ruleset": "rules",
    "rule": "rules",
    "pagerule": "Page Rule",
    "page_rule": "Page Rule",
    "load_balancer": "load balancer",
    "pool": "load balancer pool",
    "custom_hostname": "custom hostname",
    "origin_ca": "Origin CA certificate",
    "worker": "Worker",
}


def changes_among(
    entries: Iterable[Mapping[str, Any]], zone: ZoneFacts, host: str, *, until: datetime
) -> tuple[LoggedChange, ...]:
    """The changes up to ``until`` that could matter for the host, the latest first."""
    found = []
    for entry in entries:
        change = _change(entry, zone, host)
        if change is not None and change.at <= until:
            found.append(change)
    found.sort(key=lambda each: each.at, reverse=True)
    return tuple(found[:MOST])


def _change(entry: Mapping[str, Any], zone: ZoneFacts, host: str) -> LoggedChange | None:
    at = _moment(entry.get("when"))
    if at is None or _mapping(entry.get("action")).get("result") is False:
        return None
    metadata = _mapping(entry.get("metadata"))
    named = str(metadata.get("zone_name") or metadata.get("name") or zone.name)
    if named not in (zone.name, host) and not named.endswith(f".{zone.name}"):
        return None
    old, new = _value(entry, "oldValue"), _value(entry, "newValue")
    what = _what(entry, metadata)
    if not what:
        return None
    actor = _mapping(entry.get("actor"))
    automatic = str(actor.get("type", "")).lower() == "cloudflare"
    who = str(actor.get("email") or ("Cloudflare itself" if automatic else actor.get("type", "")))
    return LoggedChange(at=at, what=what, who=who[:_LONGEST], old=_text(old), new=_text(new))


def _what(entry: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    action = str(_mapping(entry.get("action")).get("type", "")).lower()
    resource = _mapping(entry.get("resource"))
    kind, id = str(resource.get("type", "")).lower(), str(resource.get("id", "")).lower()
    setting = str(metadata.get("setting") or metadata.get("setting_name") or id).lower()
    if setting in SETTINGS:
        return SETTINGS[setting]
    known = next((name for key, name in KINDS.items() if key in kind), None)
    if known is None:
        known = next((name for key, name in KINDS.items() if action.startswith(key)), None)
    return known or ""


def _value(entry: Mapping[str, Any], name: str) -> object:
    """The old or new value: as JSON where the entry has it so, else as text."""
    structured = entry.get(f"{name}Json")
    value = structured if structured not in (None, {}, "") else entry.get(name)
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = decode(value.encode())
        except (ValueError, RecursionError):
            return value
    return _mapping(value).get("value", value) if isinstance(value, Mapping) else value


def _text(value: object) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, Mapping):
        keys = ("type", "name", "content", "proxied")
        value = " ".join(str(value[key]) for key in keys if key in value) or json.dumps(value)
    return str(value)[:_LONGEST]


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found is not None else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
