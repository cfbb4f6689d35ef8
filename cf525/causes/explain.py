"""Answers about the catalogue itself, as Markdown.

By cause, by status, by alert, or by an error message or log line that somebody pastes. Works
offline and knows nothing of any case.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Final

from cf525.causes.page import Page, load, page_ids
from cf525.causes.signs.alerts import ALERTS
from cf525.causes.signs.messages import LogMessage, fitting
from cf525.edge.codes import EXPLAINED, title_of
from cf525.model.registry import ALERTS as ALERT_NAMES

BY_STATUS: Final = {
    "1002": ("private-address",),
    "1016": ("origin-unresolved",),
    "1033": ("tunnel-not-connected", "tunnel"),
}
"""Codes that stand in the body of another status."""

ALIASES: Final = {
    "https-never-enabled": "port-80-only",
    "apex-vs-www": "hostname-mismatch",
    "wildcard-not-apex": "wildcard-too-short",
    "multi-level-wildcard": "wildcard-too-short",
    "self-signed-or-private-ca": "self-signed",
    "clock-skew": "cert-not-yet-valid",
    "wrong-order": "chain-disorder",
    "keystore-without-key": "closes-mid-handshake",
    "short-rsa": "weak-certificate",
    "sha1-signature": "weak-certificate",
    "tls-version-too-old": "version-too-old",
    "tls13-only": "version-mismatch",
    "no-shared-cipher": "no-common-cipher",
    "forward-secrecy": "no-common-cipher",
    "curve-mismatch": "no-common-group",
    "ed25519": "unusable-key-type",
    "signature-algorithms": "no-common-signature",
    "weak-dh": "no-common-cipher",
    "mtls-required-aop-off": "client-cert-required",
    "mtls": "client-cert-required",
    "authenticated origin pulls": "client-cert-required",
    "sni-rst-no-filter-chain": "sni-reset",
    "saas-custom-origin-sni": "name-overridden",
    "lb-host-override": "name-overridden",
    "pq-split-clienthello": "split-clienthello",
    "dns-530-1016": "origin-unresolved",
    "tunnel-origin-tls-502": "tunnel",
    "edge-multilevel": "edge-certificate",
    "universal-ssl-pending": "edge-certificate",
    "flexible-loop": "flexible-redirect-loop",
    "tls-inspection": "path-inspected",
    "home-router": "stale-or-wrong-ip",
    "route-black-hole": "no-route",
    "sni": "sni-rejected-112",
}
"""Other words for causes, as people and other catalogues use them."""

_VARIABLE = re.compile(r"\{\{\s*(\w+).*?\}\}")
_OTHERWISE = re.compile(r"\{% *(?:else|elif)\b.*?%\}")
_STATEMENT = re.compile(r"\{%.*?%\}")
_EXAMPLE: Final = {"host": "HOST", "sni": "HOST", "where": "ADDRESS:443", "port": "443"}
_SHORTEST_MESSAGE: Final = 8


def explain(text: str) -> str | None:
    """A Markdown answer about ``text``; the list of causes for an empty one; None if unknown."""
    wanted = " ".join(text.lower().split())
    if not wanted:
        return _list("Causes", page_ids())
    id = ALIASES.get(wanted, ALIASES.get(wanted.replace(" ", "-"), wanted.replace(" ", "-")))
    if id in page_ids():
        return page_markdown(load(id))
    status = re.sub(r"^(?:http |error |status )+", "", wanted)
    if status in EXPLAINED:
        return _status(status)
    number = _alert_number(wanted)
    if number is not None:
        return _alert(number)
    found = fitting(text) if len(wanted) >= _SHORTEST_MESSAGE else ()
    return _messages(found) if found else None


def nearest(text: str) -> list[str]:
    """Topics whose names, aliases or titles resemble ``text``."""
    wanted = " ".join(text.lower().split()).replace(" ", "-")
    names = {each: each for each in (*page_ids(), *EXPLAINED, *ALERT_NAMES.values())}
    names |= {alias.replace(" ", "-"): id for alias, id in ALIASES.items()}
    close = difflib.get_close_matches(wanted, names, n=4, cutoff=0.5)
    containing = [each for each in names if wanted and wanted in each]
    words = [each for each in re.split(r"\W+", text.lower()) if len(each) > 3]
    titled = [id for id in page_ids() if words and all(w in load(id).title.lower() for w in words)]
    ordered = [names[each] for each in (*close, *containing)] + titled
    return list(dict.fromkeys(ordered))[:5]


def _status(status: str) -> str:
    fitting_pages = BY_STATUS.get(status) or tuple(
        each for each in page_ids() if status in load(each).meta["status"]
    )
    title = f"{status} {title_of(status)}".strip()
    return _list(title, fitting_pages, EXPLAINED[status])


def _alert_number(text: str) -> int | None:
    match = re.fullmatch(r"(?:tls |ssl )?(?:alert )?(?:number )?(\d{1,3})", text)
    if match is not None:
        return int(match[1]) if int(match[1]) in ALERT_NAMES else None
    by_name = {name: number for number, name in ALERT_NAMES.items()}
    return by_name.get(text.removeprefix("alert ").replace(" ", "_"))


def _alert(number: int) -> str:
    meaning, causes = ALERTS.get(number, ("Defined by TLS; no cause of a 525 is known for it.", ()))
    return _list(f"Alert {number} {ALERT_NAMES[number]}", causes, meaning)


def _messages(found: Sequence[LogMessage]) -> str:
    """What a pasted text says, the most specific reading first."""
    parts = [
        _list(f"A message of {each.software}", each.causes, each.meaning) for each in found[:3]
    ]
    return "\n".join(parts)


def _list(title: str, ids: Sequence[str], text: str = "") -> str:
    lines = [f"# {title}", ""]
    if text:
        lines += [text, ""]
    lines += [f"- **{id}**: {_plain(load(id).title)}" for id in ids]
    return "\n".join(lines) + "\n"


def page_markdown(page: Page) -> str:
    """A page without a case: variables become names in capitals."""
    parts = [f"# {page.id}: {_plain(page.title)}", f"Status: {page.meta['status']}"]
    parts.append(_plain(page.explanation))
    parts += [f"## {title}\n\n{_plain(text)}" for title, text in page.sections]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    text = _STATEMENT.sub("", _OTHERWISE.sub(" Or: ", text))
    return _VARIABLE.sub(lambda found: _EXAMPLE.get(found[1], found[1].upper()), text)
