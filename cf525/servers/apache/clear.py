"""Apache asked in clear: whether it sends the edge to HTTPS, again and again."""

from dataclasses import replace

from cf525.servers import faults
from cf525.servers.apache.model import Host
from cf525.servers.foretold import Foretold


def in_clear(base: Foretold, host: Host, name: str) -> Foretold:
    conditions: list[str] = []
    for each in host.directive.block or ():
        kind = each.name.lower()
        text = " ".join(each.args)
        if kind == "rewritecond":
            conditions.append(text.lower())
        elif kind in ("redirect", "redirectpermanent", "redirectmatch", "rewriterule"):
            to_https = "https://" in text
            told = " ".join(conditions)
            conditions = [] if kind == "rewriterule" else conditions
            if not to_https or "forwarded-proto" in told or "cf-visitor" in told:
                continue
            root = kind != "redirect" or "/" in each.args
            if not root:
                continue
            sure = not told or "https" in told or "server_name" in told
            confidence = faults.HIGH if sure else faults.MEDIUM
            fault = faults.redirects_to_https(name, (each.place,), confidence)
            return replace(base, faults=(fault,))
    return base
