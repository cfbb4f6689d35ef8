"""Files that a configuration includes and that are none: no word of theirs is repeated.

A hostile configuration can include any file that lint may read (a token, /etc/shadow), and the
server's complaint of it would quote it. Where a file has no line as that server's files have, it is
named, and its text is nobody's to see. What the person named is theirs, and quoted.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.foretold import Fault, Foretold
from cf525.servers.library import Library, decoded
from cf525.values import dataclass

_ENDS: Final = r"(?=[ \t]+[^=:\s]|[ \t]*\{)"
_LINES: Final = {
    "nginx": lazy_pattern(
        r"(?m)^[ \t]*(?:server|listen|server_name|ssl_[a-z_]+|location|proxy_[a-z_]+|upstream"
        r"|http|stream|events|add_header|access_log|error_log|try_files|fastcgi_[a-z_]+"
        r"|client_[a-z_]+|keepalive_[a-z_]+|resolver|include|worker_[a-z_]+|http2|allow|deny|satisfy"
        r"|return|rewrite|real_ip_header|set_real_ip_from|auth_[a-z_]+|limit_[a-z_]+)" + _ENDS
    ),
    "apache": lazy_pattern(
        r"(?mi)^[ \t]*(?:</?(?:VirtualHost|If[a-z]*|Directory[a-z]*|Location[a-z]*|Files[a-z]*"
        r"|Macro|Proxy|Else[a-z]*|Require[a-z]*)\b"
        r"|(?:SSL[a-z0-9]+|Server(?:Name|Alias|Root|Admin)|DocumentRoot|Listen|Include(?:Optional)?"
        r"|LoadModule|Proxy[a-z]+|Rewrite[a-z]+|Header|RequestHeader|CustomLog|ErrorLog|Define|Use"
        r"|MD[a-z]+|Redirect[a-z]*|NameVirtualHost|Protocols|AllowOverride|Options|Require)"
        + _ENDS
        + ")"
    ),
    "haproxy": lazy_pattern(
        r"(?m)^[ \t]*(?:(?:global|defaults|crt-store)[ \t]*$|(?:frontend|backend|listen|bind"
        r"|use_backend|default_backend|http-(?:request|response)|tcp-request|acl|load)"
        + _ENDS
        + r"|(?:[a-z0-9*-]+\.)+[a-z]{2,}[ \t]+[\w.-]+[ \t]*\r?$"
        + r"|[^\s:=$#]*(?:/[^\s:=$]+|\.(?:pem|crt|cer|ecdsa|rsa))(?:[ \t]|\r?$))"
    ),
}
"""What at least one line of a server's file begins with. That of HAProxy's lists of certificates
is a path, that of its maps a name and a word."""
_WORD: Final = lazy_pattern(r"[^\s;{}\"'<>]{3,}")
MAX_WORDS: Final = 2_000
UNSHOWN: Final = "…"


def unquoted(foretold: Foretold, library: Library, mains: Collection[str], kind: str) -> Foretold:
    """The same without the text of included files that are no configuration of this kind."""
    told = (*foretold.faults, *((foretold.if_refused,) if foretold.if_refused else ()))
    named = {place.file for fault in told for place in fault.places} - set(mains)
    strange = _Strange({each: text for each in named if (text := _text(library, each, kind))})
    if not strange.files:
        return foretold
    refused = foretold.if_refused
    return replace(
        foretold,
        faults=tuple(map(strange.fault, foretold.faults)),
        if_refused=strange.fault(refused) if refused is not None else None,
        doubts=tuple(map(strange.masked, foretold.doubts)),
    )


def _text(library: Library, file: str, kind: str) -> str:
    """The text of a file that is no configuration; empty for one that is."""
    lines = _LINES.get(kind)
    content = library.read(file) if lines is not None else b""
    if lines is None or not isinstance(content, bytes) or b"-----BEGIN CERT" in content:
        return ""
    text = decoded(content)
    return "" if lines.search(text) else text


@dataclass(frozen=True, slots=True)
class _Strange:
    files: dict[str, str]

    def fault(self, fault: Fault) -> Fault:
        if not any(each.file in self.files for each in fault.places):
            return fault
        facts = {
            name: self.masked(value) if isinstance(value, str) else value
            for name, value in fault.facts.items()
        }
        return replace(
            fault,
            evidence=tuple(map(self.masked, fault.evidence)),
            places=tuple(map(self._place, fault.places)),
            reason=self.masked(fault.reason),
            facts=facts,
            edits=() if any(each.file in self.files for each in fault.edits) else fault.edits,
        )

    def _place(self, place: Place) -> Place:
        return replace(place, text="") if place.file in self.files else place

    def masked(self, text: str) -> str:
        """A sentence without the words of those files; their names stay."""
        for file, content in self.files.items():
            if file in text:
                return file.join(map(self.masked, text.split(file)))
            words = _WORD.findall(content[:65_536])[:MAX_WORDS]
            for word in sorted(set(words), key=len, reverse=True):
                text = text.replace(word, UNSHOWN)
        return text
