"""Answers about the catalogue itself, as Markdown.

By cause, by status, by alert, or by an error message or log line that somebody pastes. Works
offline and knows nothing of any case.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cf525.causes.filling import EXAMPLES
from cf525.causes.glossary import words
from cf525.causes.page import ChangeCall, Code, Page, Section, called, load, page_ids
from cf525.causes.signs.alerts import ALERTS, FROM_CLIENT
from cf525.causes.signs.messages import Reading, Said, read
from cf525.changes import render
from cf525.changes.catalogue import Place, make
from cf525.edge.codes import EXPLAINED, title_of
from cf525.edge.modes import NAMES, mode_name
from cf525.model import Change
from cf525.model.registry import ALERTS as ALERT_NAMES
from cf525.patterns import lazy_pattern

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
    "curve-mismatch": "no-common-group",
    "ed25519": "unusable-key-type",
    "signature-algorithms": "no-common-signature",
    "weak-dh": "no-common-cipher",
    "mtls-required-aop-off": "client-cert-required",
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
    "enforce_dns_only": "enforce-dns-only",
    "shadowed": "record-shadowed",
    "custom-hostname-pending": "custom-hostname-not-served",
    "hash_in_range": "rule-for-a-share",
    "allow_insecure": "monitor-not-the-edge",
    "home-router": "stale-or-wrong-ip",
    "route-black-hole": "no-route",
}
"""Other words for causes, as people and other catalogues use them."""

_FIRST: Final = {
    "525": (
        *("sni-rejected-112", "sni-rejected-80", "sni-reset", "proxy-protocol-expected"),
        *("no-tls-on-443", "split-clienthello", "cf-ips-firewalled", "ecdsa-cert-rsa-ciphers"),
    ),
    "526": (
        *("cert-expired", "default-vhost-cert", "incomplete-chain", "self-signed"),
        *("hostname-mismatch", "untrusted-issuer"),
    ),
    "1000": ("points-to-cloudflare", "private-address"),
    "1002": ("private-address", "points-to-cloudflare"),
    "1016": ("origin-unresolved", "custom-hostname-not-served"),
    "1033": ("tunnel-not-connected", "tunnel"),
}
"""What is to be thought of first where a status has many causes: the most often met in public."""

_CALL = lazy_pattern(r"@change ([\w-]+)")
_MOST_CAUSES: Final = 9
_MOST_SERVERS: Final = 8
_VARIABLE = lazy_pattern(r"\{\{\s*(\w+).*?\}\}")
_OTHERWISE = lazy_pattern(r"\{% *(?:else|elif)\b.*?%\}")
_OTHER_BRANCHES = lazy_pattern(r"\{% *(?:else|elif)\b.*?(?=\{% *endif)")
_STATEMENT = lazy_pattern(r"\{%.*?%\}")
_STATUS_WORDS: Final = {
    "edge-tls": "a browser error without a page of Cloudflare's",
    "unknown": "none that could be told",
    "ok": "none",
}
_SHORTEST_MESSAGE: Final = 8
_MOST_REASONS: Final = 3
_MOST_WORDS_OF_A_NAME: Final = 4


def explain(text: str, *, server: str = "", status: str = "", full: bool = False) -> str | None:
    """A Markdown answer about ``text``; the list of causes for an empty one; None if unknown.

    ``server`` is the platform whose fix is shown, ``status`` keeps causes that lead to it;
    without ``full`` the answer fits a screen.
    """
    wanted = " ".join(text.lower().split())
    if not wanted:
        ids = (id for id in page_ids() if not status or status in load(id).statuses)
        return _list("Causes" if not status else f"Causes of {status}", tuple(ids))
    word = words().get(wanted)
    if word is not None:
        return f"# {word.title}\n\n{word.text}\n\n`{word.command}` shows it.\n"
    id = ALIASES.get(wanted, ALIASES.get(wanted.replace(" ", "-"), wanted.replace(" ", "-")))
    if id in page_ids():
        return page_markdown(load(id)) if full else brief(load(id), server)
    code = re.sub(r"^(?:http |error |status )+", "", wanted)
    if code in EXPLAINED:
        return _status(code, full=full)
    number = _alert_number(wanted)
    if number is not None:
        return _alert(number)
    reading = read(text) if len(wanted) >= _SHORTEST_MESSAGE else Reading()
    return _reading(reading) if reading.said else None


def nearest(text: str) -> list[str]:
    """Topics whose names, aliases or titles resemble ``text``."""
    wanted = " ".join(text.lower().split()).replace(" ", "-")
    names = {each: each for each in (*page_ids(), *EXPLAINED, *ALERT_NAMES.values())}
    names |= {alias.replace(" ", "-"): id for alias, id in ALIASES.items()}
    # A whole sentence resembles everything a little.
    cutoff = 0.5 if len(text.split()) <= _MOST_WORDS_OF_A_NAME else 0.75
    close = difflib.get_close_matches(wanted, names, n=4, cutoff=cutoff)
    containing = [each for each in names if wanted and wanted in each]
    words = [each for each in re.split(r"\W+", text.lower()) if len(each) > 3]
    titled = [id for id in page_ids() if words and all(w in load(id).title.lower() for w in words)]
    ordered = [names[each] for each in (*close, *containing)] + titled
    return list(dict.fromkeys(ordered))[:5]


def _status(status: str, *, full: bool = True) -> str:
    first = _FIRST.get(status, ())
    others = (each for each in page_ids() if status in load(each).statuses)
    title = f"{status} {title_of(status)}".strip()
    ids = tuple(dict.fromkeys((*first, *others)))
    shown = ids if full else ids[:_MOST_CAUSES]
    text = _list(title, shown, EXPLAINED.get(status, ""))
    if len(shown) == len(ids):
        return text
    return f"{text}\n{len(ids) - len(shown)} more: `cf525 explain {status} --full`\n"


def _alert_number(text: str) -> int | None:
    match = re.fullmatch(r"(?:tls |ssl )?(?:alert )?(?:number )?(\d{1,3})", text)
    if match is not None:
        return int(match[1]) if int(match[1]) in ALERT_NAMES else None
    by_name = {name: number for number, name in ALERT_NAMES.items()}
    return by_name.get(text.removeprefix("alert ").replace(" ", "_"))


def _alert(number: int, instead: tuple[str, ...] | None = None) -> str:
    meaning, causes = ALERTS.get(number, ("Defined by TLS; no cause of a 525 is known for it.", ()))
    shown = causes if instead is None else instead
    return _list(f"Alert {number} {ALERT_NAMES[number]}", shown, meaning)


def _reading(reading: Reading) -> str:
    """What a pasted text says: who speaks, then its reasons in the order of the text."""
    speaker = reading.speaker
    elsewhere = speaker is not None and speaker.elsewhere
    parts = []
    if speaker is not None and speaker.meaning:
        text = f"{speaker.meaning} {speaker.mend}".strip()
        parts.append(_list(f"Said by {speaker.title}", speaker.causes, text))
    if speaker is not None and speaker.hop == "other":
        alone = [each for each in reading.said if each.message is not None and each.message.itself]
        return "\n".join([*parts, *(_said(each, reading, elsewhere) for each in alone)])
    parts += [_said(each, reading, elsewhere) for each in reading.said[:_MOST_REASONS]]
    return "\n".join(parts)


def _said(said: Said, reading: Reading, elsewhere: bool) -> str:
    if said.status:
        return _status(said.status, full=False)
    if said.alert is not None:
        if reading.from_client and said.alert in FROM_CLIENT:
            meaning, causes = FROM_CLIENT[said.alert]
            title = f"Alert {said.alert} {ALERT_NAMES[said.alert]}, from a client"
            return _list(title, () if elsewhere else causes, meaning)
        return _alert(said.alert, () if elsewhere else None)
    message = said.message
    if message is None:
        return ""
    causes = () if elsewhere and not message.itself else message.causes
    # What mends it between the edge and an origin need not mend another connection.
    mend = "" if elsewhere and not message.itself else message.mend
    return _list(f"A message of {message.software}", causes, f"{message.meaning} {mend}".strip())


def _list(title: str, ids: Sequence[str], text: str = "") -> str:
    lines = [f"# {title}", ""]
    if text:
        lines += [text, ""]
    lines += [f"- **{id}**: {_title(load(id).title, load(id))}" for id in ids]
    return "\n".join(lines) + "\n"


def brief(page: Page, server: str = "") -> str:
    """A page on one screen: what it is, one fix, the stop-gap as a command, how to check."""
    fixes = [each for each in page.sections if each.platform]
    chosen = next((each for each in fixes if each.platform == server), None)
    chosen = chosen or next((each for each in fixes if each.platform == "any"), None)
    parts = [f"# {page.id}: {_title(page.title, page)}"]
    parts.append(f"Status: {_statuses(page.statuses)}. Names and values are examples.")
    parts.append(_plain(page.explanation, page))
    if chosen is not None:
        parts.append(_section(chosen, page, short=True))
    if server and (chosen is None or chosen.platform != server):
        parts.append(f"There are no lines for {server}: what holds for every server is above.")
    named = dict.fromkeys(each.platform for each in fixes if each.platform not in ("any", server))
    if named:
        most = list(named)[:_MOST_SERVERS]
        rest = f" and {len(named) - len(most)} more" if len(named) > len(most) else ""
        parts.append(f"`--server` shows the lines for: {', '.join(most)}{rest}.")
    for section in page.sections:
        call = _CALL.search(section.text) if section.stop_gap else None
        if call is not None:
            parts.append(f"Meanwhile: `cf525 fix {EXAMPLES['host']}` plans {call[1]}.")
    parts.append(f"`cf525 explain {page.id} --full` shows everything.")
    return "\n\n".join(parts) + "\n"


def page_markdown(page: Page) -> str:
    """A page without a case: examples stand where a finding has what it found."""
    modes = "every" if len(page.modes) == len(NAMES) else ", ".join(map(mode_name, page.modes))
    parts = [f"# {page.id}: {_title(page.title, page)}"]
    parts.append(f"Status: {_statuses(page.statuses)}\nModes: {modes}")
    parts.append("Names, addresses and values are examples; a diagnosis fills in its own.")
    parts.append(_plain(page.explanation, page))
    parts += [_section(each, page) for each in page.sections]
    return "\n\n".join(parts) + "\n"


def _statuses(statuses: Sequence[str]) -> str:
    """'525, 520 or the origin's 400'."""
    words = [
        _STATUS_WORDS.get(each, re.sub(r"^origin-", "the origin's ", each)) for each in statuses
    ]
    return " or ".join(each for each in (", ".join(words[:-1]), words[-1]) if each)


def _section(section: Section, page: Page, *, short: bool = False) -> str:
    parts: list[str] = []
    for block in section.blocks():
        text = _plain(block.text, page)
        if isinstance(block, ChangeCall):
            for change in _changes(text):
                place = f"{change.text} ({render.dashboard(change)}; {render.needs(change)})"
                parts += [place] if short else _change(change, section)
        elif isinstance(block, Code):
            tag = " ".join(each for each in (block.tag, _plain(block.file, page)) if each)
            parts.append(f"```{tag}\n{text.rstrip()}\n```")
        else:
            parts.append(text.strip())
    title = re.sub(r"@change ([\w-]+).*", r"\1", section.title)
    return "\n\n".join([f"## {title}", *parts])


def _changes(call: str) -> tuple[Change, ...]:
    name, arguments, _ = called(call)
    place = Place(host=EXAMPLES["host"], address=EXAMPLES["address"])
    return make(name, place, arguments)


def _change(change: Change, section: Section) -> Iterator[str]:
    """A change in every form in which it can be made by hand."""
    yield f"{change.text} ({render.dashboard(change)}; {render.needs(change)})"
    yield "\n".join(("```sh", *render.shell(change), "```"))
    if section.stop_gap:
        yield f"Cost: {change.cost}"
    yield f"Undo: {change.undo.text}"
    yield "\n".join(("```sh", *render.undo_shell(change), "```"))
    block = render.terraform(change)
    if block:
        yield "Where Terraform manages the zone, it takes back what it does not know of; there:"
        yield f"```hcl\n{block}\n```"


def _title(text: str, page: Page) -> str:
    """A title with examples for its variables, in the form that fits them."""
    return _plain(_OTHER_BRANCHES.sub("", text), page)


def _plain(text: str, page: Page) -> str:
    """A text with examples for its variables and every branch of its conditions."""
    examples: Mapping[str, str] = {**EXAMPLES, **page.facts}
    text = _STATEMENT.sub("", _OTHERWISE.sub(" Or: ", text))
    return _VARIABLE.sub(lambda found: examples[found[1]], text)
