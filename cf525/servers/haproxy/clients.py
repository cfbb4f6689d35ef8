"""Client certificates at HAProxy: rules that turn away who shows none where showing is optional."""

import re
from typing import Final

from cf525.model import Status
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.haproxy.model import Bind
from cf525.servers.haproxy.reader import Line

_SHOWN: Final = lazy_pattern(r"\bssl_(?:c_used|fc_has_crt)\b")


def refusing(bind: Bind) -> tuple[Line, Status, str] | None:
    """The first rule that refuses a request without a client certificate: with which status, and
    how in words."""
    acls = [each for each in bind.section.all("acl") if _SHOWN.search(" ".join(each.words))]
    names = {each.words[1] for each in acls if len(each.words) > 1}
    for line in bind.section.lines:
        kind, action = line.words[0], line.words[1] if len(line.words) > 1 else ""
        if kind == "tcp-request" and action in ("content", "connection", "session"):
            action = line.words[2] if len(line.words) > 2 else ""
        elif kind != "http-request":
            continue
        if action not in ("deny", "reject", "silent-drop", "tarpit") or not _without(line, names):
            continue
        if action in ("deny", "tarpit") and kind == "http-request":
            code = line.after("deny_status") or line.after("status") or "403"
            code = "500" if action == "tarpit" and code == "403" else code
            return line, Status(f"origin-{code}"), f"HTTP {code} after the handshake"
        return line, faults.S520, "a close"
    return None


def _without(line: Line, acls: set[str]) -> bool:
    """Whether a rule holds where no certificate was shown, and by nothing else."""
    for word, negated in (("if", True), ("unless", False)):
        if word not in line.words:
            continue
        text = " ".join(line.words[line.words.index(word) + 1 :])
        bare = re.sub(r"[{}\s]", "", text)
        wanted = {f"!{each}" for each in acls} if negated else acls
        shown = _SHOWN.fullmatch(bare.removeprefix("!"))
        return bare in wanted or (shown is not None and bare.startswith("!") is negated)
    return False
