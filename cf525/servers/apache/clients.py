"""Client certificates at Apache that are asked for when the path is known, or whose absence is
answered with 403 although the handshake does without one."""

from collections.abc import Iterator, Sequence

from cf525.servers.apache.model import Host, named
from cf525.servers.tree import Directive

_SECTIONS = ("location", "directory")


def asked_later(host: Host) -> Iterator[Directive]:
    """Demands of ``<Location />``."""
    for section in whole(host):
        for each in named(section, "SSLVerifyClient"):
            if section.name.lower() == "location" and each.argument().lower() == "require":
                yield each


def turned_away(host: Host) -> Directive | None:
    """What answers 403 to a request without a certificate."""
    for scope in (host.directive, *whole(host)):
        for name in ("Require", "SSLRequire"):
            for each in named(scope, name):
                if _tests(" ".join(each.args).lower(), demands=name == "Require"):
                    return each
        rule = _rewritten(scope.block or ())
        if rule is not None:
            return rule
    return None


def _tests(text: str, *, demands: bool) -> bool:
    if demands and text.startswith("ssl-verify-client"):
        return True
    return "ssl_client_verify" in text and "success" in text and "!=" not in text


def _rewritten(block: Sequence[Directive]) -> Directive | None:
    """The rule that forbids, behind the one condition that no certificate was shown."""
    conditions: list[str] = []
    for each in block:
        name = each.name.lower()
        if name == "rewritecond":
            conditions.append(" ".join(each.args).lower())
        elif name == "rewriterule":
            alone = len(conditions) == 1 and "ssl_client_verify" in conditions[0]
            negated = alone and ("!" in conditions[0]) and "success" in conditions[0]
            if negated and len(each.args) > 2 and "F" in each.args[2].strip("[]").split(","):
                return each
            conditions = []
    return None


def whole(host: Host) -> Iterator[Directive]:
    """The sections of a host that hold for all of it."""
    root = next((each.argument().rstrip("/") for each in named(host.directive, "DocumentRoot")), "")
    for section in host.directive.block or ():
        if section.name.lower() not in _SECTIONS or not section.args:
            continue
        path = section.args[0].rstrip("/")
        if path == "" or (section.name.lower() == "directory" and path == root):
            yield section
