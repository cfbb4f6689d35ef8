"""Answers about the catalogue itself, as Markdown: by cause, by status, by alert."""

import difflib
import re
from typing import Final

from cf525.causes.alerts import ALERTS
from cf525.causes.page import Page, load, page_ids
from cf525.edge.status import TITLES
from cf525.model.registry import ALERTS as ALERT_NAMES

STATUSES: Final = {
    "520": "The origin answered with something that is no HTTP answer, or closed without one. "
    "TLS was done by then.",
    "521": "The origin refused the TCP connection: nothing listens, or a firewall rejects.",
    "522": "The origin did not answer the TCP connection in 19 seconds, or never acknowledged "
    "the request.",
    "523": "Cloudflare has no route to the origin's address.",
    "524": "TLS and HTTP work; the application did not answer in time (120 seconds by default).",
    "525": "TCP works and the TLS handshake with the origin fails. It arises in Full and in "
    "Full (strict) alike, so lowering the mode from strict to Full never cures it. A "
    "certificate that is expired, self-signed or for another name does not cause it.",
    "526": "The handshake works and the edge does not accept the certificate. It arises in "
    "Full (strict) and Strict (SSL-Only Origin Pull) alone.",
    "530": "A wrapper: the page's error code tells more (1016 the origin's name does not "
    "resolve, 1033 no tunnel connector).",
    "1000": "The record points to Cloudflare itself, or to another prohibited address.",
}
"""Source: developers.cloudflare.com/support/troubleshooting/http-status-codes."""

_VARIABLE = re.compile(r"\{\{\s*(\w+).*?\}\}")
_STATEMENT = re.compile(r"\{%.*?%\}")
_EXAMPLE: Final = {"host": "HOST", "sni": "HOST", "where": "ADDRESS:443", "port": "443"}


def explain(text: str) -> str | None:
    """A Markdown answer about ``text``; the list of causes for an empty one; None if unknown."""
    wanted = text.lower().strip()
    if not wanted:
        return _list("Causes", page_ids())
    if wanted in page_ids():
        return page_markdown(load(wanted))
    if wanted in STATUSES:
        fitting = [each for each in page_ids() if wanted in load(each).meta["status"]]
        title = f"{wanted} {TITLES.get(wanted, '')}".strip()
        return _list(title, fitting, STATUSES[wanted])
    number = _alert_number(wanted)
    if number is not None:
        return _alert(number)
    return None


def nearest(text: str) -> list[str]:
    """Topics whose names resemble ``text``."""
    topics = [*page_ids(), *STATUSES, *ALERT_NAMES.values()]
    close = difflib.get_close_matches(text.lower(), topics, n=4, cutoff=0.5)
    containing = [each for each in topics if text.lower() in each]
    return list(dict.fromkeys([*close, *containing]))[:5]


def _alert_number(text: str) -> int | None:
    match = re.fullmatch(r"(?:tls )?(?:alert )?(\d{1,3})", text)
    if match is not None:
        return int(match[1]) if int(match[1]) in ALERT_NAMES else None
    by_name = {name: number for number, name in ALERT_NAMES.items()}
    return by_name.get(text.removeprefix("alert ").replace(" ", "_"))


def _alert(number: int) -> str:
    meaning, causes = ALERTS.get(number, ("Defined by TLS; no cause of a 525 is known for it.", ()))
    return _list(f"Alert {number} {ALERT_NAMES[number]}", causes, meaning)


def _list(title: str, ids: tuple[str, ...] | list[str], text: str = "") -> str:
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
    text = _STATEMENT.sub("", text)
    return _VARIABLE.sub(lambda found: _EXAMPLE.get(found[1], found[1].upper()), text)
