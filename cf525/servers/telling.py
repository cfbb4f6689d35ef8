"""What of a line may be quoted: nothing behind a name that tells of a secret, and no user of a URL.

The same names hide their values on another host (``reading/ssh``); here a line is cut
behind them, whether it was read there or here. Which statement it is, and whose, is not looked at
but for those that name hosts, zones and files alone.
"""

import re
from typing import Final

from cf525.patterns import lazy_pattern

_NAMED: Final = lazy_pattern(
    r"(?P<name>[$\w.-]+)[\"'\\)\]}>]*(?P<mark>\s*(?:=>|[!=:]?=~?|!~|[:~])\s*|\s+)(?=[^\s;{}])"
)
TELLING: Final = (
    r"passw(or)?d|passphrase|pwd$|secret|token|api[-_]?key|credential|authorization$"
    r"|(^|[-_])x[-_]auth"
)
"""What a name of a secret has in it, in small letters. These are put into ``filter.awk`` too: they
are written so that an awk and Python read them alike."""
IN_CAPITALS: Final = r"([A-Z]_|-)K(EY|ey)$|(^|_|[A-Z])PASS$"
"""The same of names in capitals."""
HARMLESS: Final = (
    r"(tls|ssl|ca|auth)-secret$|^server_?tokens$|(refs?|names?|namespace|files?|filename|path|dir|ur[il]"
    r"|endpoint|type|ttl|expiry|lifetime|configs?|provider|class|store|headers?|issuer|audience|prefix"
    r"|param|field|length|size|mode|policy|dialog|cmd|zone)$"
)
"""Names of such names: of files, of objects, of times."""
_SECRET: Final = lazy_pattern(TELLING + r"|^(mac_key|secure_link_md5|bearer)$")
_UPPER: Final = lazy_pattern(IN_CAPITALS)
_MARKED: Final = lazy_pattern(r"(^|[._-])pass$")
_NONE: Final = lazy_pattern(HARMLESS)
_OTHERS: Final = frozenset(
    (
        *("server", "server_name", "listen", "bind", "include", "import", "location", "upstream"),
        *("geo", "split_clients", "log_format", "log-format", "access_log", "acl", "use_backend"),
        *(
            "use-server",
            "default_backend",
            "backend",
            "frontend",
            "peers",
            "load_module",
            "loadmodule",
        ),
        *("servername", "serveralias", "includeoptional", "logformat", "customlog", "userlist"),
    )
)
"""Statements whose words are names of hosts, files and the like."""
_USER: Final = lazy_pattern(r"://[^\s\"'/]*@")
_RUN: Final = lazy_pattern(r"(?<![\w/+=])[A-Za-z0-9+][A-Za-z0-9+/=]{79,}")
_AUTH: Final = lazy_pattern(r"(\bstats\s+auth|\b[Bb]asic)\s+(?=\S{4})")


def quotable(line: str) -> str:
    """The line, cut behind the first name of a secret."""
    line = _RUN.sub("…", _USER.sub("://…@", line))
    ends = [found.end() for found in _NAMED.finditer(line) if _tells(line, found)]
    ends += [found.end() for found in _AUTH.finditer(line)]
    return f"{line[: min(ends)].rstrip()} …" if ends else line


def _tells(line: str, found: re.Match[str]) -> bool:
    name, low = found["name"], found["name"].lower()
    marked = not found["mark"].isspace()
    before = line[: found.start()]
    if _NONE.search(low) or before.endswith(("/", "@")):
        return False
    if not marked and ("." in name or before.endswith((".", ":", "*", "%"))):
        return False
    if not (_SECRET.search(low) or _UPPER.search(name) or (marked and _MARKED.search(low))):
        return False
    begun = before[max(before.rfind(each) for each in ";{}") + 1 :].split()
    return not begun or begun[0].lower() not in _OTHERS
