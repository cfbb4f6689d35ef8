"""Reads what a user types: targets, origin addresses, --connect-to rules, resolvers, API bases.

Every refusal is a ``UsageError`` that names the value and what would be right. Nothing here
resolves a name or opens a connection, and the IDNA tables load only for a name that needs them.
"""

import re
from typing import Final
from urllib.parse import quote

from cf525.errors import UsageError
from cf525.model import Target
from cf525.model.target import HTTP_PORTS
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

EXAMPLE: Final = "give a hostname such as www.example.com or a URL such as https://www.example.com/"

_LABEL = lazy_pattern(r"[a-z0-9_-]{1,63}\Z")
_NUMERIC = lazy_pattern(r"(0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
_PATH_SAFE = "/?:@!$&'()*+,;=-._~%[]"
_JOINERS = "\u200c\u200d"  # invisible, but part of names in some scripts (RFC 5892 appendix A)
_MAX_INPUT = 4096
_MAX_NAME = 253  # RFC 1035 section 2.3.4, without the root label


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """One --connect-to rule. ``None`` matches any host or port, or leaves it as it is."""

    host: str | None
    port: int | None
    to_host: str | None
    to_port: int | None

    def redirect(self, host: str, port: int) -> tuple[str, int] | None:
        """Where a connection for ``host:port`` goes instead; None if the rule is not for it."""
        if (self.host is not None and self.host != host) or (self.port or port) != port:
            return None
        return (self.to_host or host, self.to_port or port)


def parse_target(text: str) -> Target:
    """A hostname, ``host:port`` or an http(s) URL as a target.

    The host becomes lower-case A-labels without a trailing dot. A bare name means https, unless
    its port is one of those on which Cloudflare speaks plain HTTP.
    """
    shown = _show(text)
    text = text.strip()
    if not text:
        raise UsageError("the target is empty", hint=EXAMPLE)
    if len(text) > _MAX_INPUT:
        raise UsageError(f"the target is longer than {_MAX_INPUT} characters", hint=EXAMPLE)
    if any(char.isspace() or not (char.isprintable() or char in _JOINERS) for char in text):
        pasted = " " in text and "." not in text.split()[0]
        hint = f"a pasted page or log line: cf525 explain {shown}" if pasted else EXAMPLE
        raise UsageError(f"{shown} contains a space or a control character", hint=hint)
    scheme, rest = _split_scheme(text, shown)
    authority, path = _split_path(rest)
    if "@" in authority:
        raise UsageError(
            "the target contains user information before an @; nothing of it was used",
            hint="leave out the user name and the password; " + EXAMPLE,
        )
    host_text, port_text = _split_port(authority, shown)
    port = None if port_text is None else _port(port_text, shown)
    host, display = _hostname(host_text, shown)
    if not scheme:
        scheme = "http" if port in HTTP_PORTS else "https"
    if port is None:
        port = 443 if scheme == "https" else 80
    return Target(scheme=scheme, host=host, port=port, path=path, display=display)


def parse_hostname(text: str) -> str:
    """One hostname in A-label form: for an SNI or a Host header given by the user."""
    return _hostname(text.strip(), _show(text))[0]


def parse_origin(text: str) -> tuple[str, int | None]:
    """An origin as ``ADDR``, ``ADDR:PORT`` or ``[ADDR6]:PORT``."""
    return _address_and_port(text, "--origin")


def parse_resolver(text: str) -> tuple[str, int]:
    """A DNS resolver as ``ADDR[:PORT]``, port 53 when none is given."""
    address, port = _address_and_port(text, "--resolver")
    return address, port or 53


def parse_connect_to(text: str) -> ConnectTo:
    """A rule in curl's form ``HOST:PORT:ADDR:PORT``; each part may be empty.

    HOST may be a hostname or an origin's address.
    """
    shown = _show(text)
    form = "write HOST:PORT:ADDR:PORT; parts may be empty, as in ::203.0.113.7:8443"
    parts = re.findall(r"(?:^|:)(\[[^\]]*\]|[^:\[\]]*)", text.strip())
    if ":".join(parts) != text.strip() or not 3 <= len(parts) <= 4:
        raise UsageError(f"--connect-to {shown} has not the form it needs", hint=form)
    host, port, to_host, to_port = [*parts, ""][:4]
    if not to_host and not to_port:
        raise UsageError(f"--connect-to {shown} names no place to connect to", hint=form)
    return ConnectTo(
        host=_connect_host(host, shown) if host else None,
        port=_port(port, shown) if port else None,
        to_host=_connect_host(to_host, shown) if to_host else None,
        to_port=_port(to_port, shown) if to_port else None,
    )


def parse_api_base(text: str) -> str:
    """The base URL of the API, without a trailing slash.

    Plain http is taken for this machine only: a token must not travel in the clear.
    """
    from urllib.parse import urlsplit

    shown = _show(text)
    hint = "the default is https://api.cloudflare.com/client/v4"
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"the API base {shown} is not a URL", hint=hint) from None
    if not text.isascii() or any(char.isspace() for char in text.strip()) or not host:
        raise UsageError(f"the API base {shown} is not a URL", hint=hint)
    if parts.username is not None or parts.query or parts.fragment or port == 0:
        raise UsageError(
            f"the API base {_show(host)} carries more than a host, port and path", hint=hint
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(host)):
        raise UsageError(
            f"the API base {shown} is not https; the token would travel in the clear", hint=hint
        )
    return text.strip().rstrip("/")


def is_loopback_host(host: str) -> bool:
    """Whether a URL's host is this machine, by literal address or the name localhost."""
    if host == "localhost":
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _show(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _split_scheme(text: str, shown: str) -> tuple[str, str]:
    scheme, mark, rest = text.partition("://")
    if not mark:
        return "", text.removeprefix("//")
    if scheme.lower() not in ("http", "https"):
        raise UsageError(f"{shown} has the scheme {_show(scheme)}; only http and https go through")
    return scheme.lower(), rest


def _split_path(rest: str) -> tuple[str, str]:
    cut = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    authority, tail = rest[:cut], rest[cut:].partition("#")[0]
    if not tail.startswith("/"):
        tail = "/" + tail
    return authority, quote(tail, safe=_PATH_SAFE)


def _split_port(authority: str, shown: str) -> tuple[str, str | None]:
    if authority.startswith("[") or authority.count(":") > 1:
        raise _is_address(shown)
    host, mark, port = authority.partition(":")
    return host, port if mark and port else None


def _port(text: str, shown: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise UsageError(f"{shown} has the port {_show(text)}; a port is a number from 1 to 65535")


def _is_address(shown: str) -> UsageError:
    return UsageError(
        f"{shown} is an IP address, and the edge needs a name to send",
        hint="give the hostname; for an address use --origin",
    )


def _hostname(text: str, shown: str) -> tuple[str, str]:
    """A-label form and display form of a hostname."""
    ascii_form = text.lower() if text.isascii() else _to_ascii(text, shown)
    host = ascii_form.removesuffix(".")
    if not host:
        raise UsageError(f"{shown} names no host", hint=EXAMPLE)
    labels = host.split(".")
    if _NUMERIC.match(labels[-1]):
        raise _is_address(shown)
    if labels[0] == "*":
        raise UsageError(
            f"{shown} is a wildcard", hint="give one concrete hostname that the wildcard covers"
        )
    if host.startswith("-"):
        raise UsageError(f"{shown} begins with a hyphen, as no hostname does", hint=EXAMPLE)
    if "" in labels:
        raise UsageError(f"{shown} has an empty label between two dots", hint=EXAMPLE)
    if len(host) > _MAX_NAME or any(len(label) > 63 for label in labels):
        raise UsageError(
            f"{shown} is too long for DNS: 63 characters a label, {_MAX_NAME} in all", hint=EXAMPLE
        )
    if not all(_LABEL.match(label) for label in labels):
        raise UsageError(
            f"{shown} is not a hostname: letters, digits, hyphens and underscores only",
            hint=EXAMPLE,
        )
    if len(labels) < 2:
        raise UsageError(f"{shown} is a single label", hint="give the full hostname")
    return host, _display(labels) if "xn--" in host else host


def _to_ascii(text: str, shown: str) -> str:
    import idna

    try:
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
        return ".".join(
            label if label.isascii() else idna.alabel(label).decode("ascii")
            for label in mapped.split(".")
        )
    except (idna.IDNAError, UnicodeError):
        raise UsageError(
            f"{shown} is not a valid internationalised hostname",
            hint="check the spelling, or give its xn-- form",
        ) from None


def _display(labels: list[str]) -> str:
    import idna

    shown = []
    for label in labels:
        try:
            shown.append(idna.ulabel(label) if label.startswith("xn--") else label)
        except (idna.IDNAError, UnicodeError):
            shown.append(label)  # an unknown or ill-formed A-label prints as itself
    return ".".join(shown)


def _address_and_port(text: str, option: str) -> tuple[str, int | None]:
    shown, text = _show(text), text.strip()
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", text)
    if bracketed:
        address, port = bracketed.group(1), bracketed.group(2)
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    else:
        address, port = text, None
    literal = _literal(address)
    if literal is None:
        raise UsageError(
            f"{option} {shown} is not an IP address",
            hint="write 203.0.113.7, 203.0.113.7:8443, 2001:db8::7 or [2001:db8::7]:8443",
        )
    return literal, None if port is None else _port(port, shown)


def _literal(text: str) -> str | None:
    from ipaddress import ip_address

    try:
        return None if "%" in text else str(ip_address(text))
    except ValueError:
        return None


def _connect_host(text: str, shown: str) -> str:
    literal = _literal(text.strip("[]"))
    if literal is not None:
        return literal
    if text.startswith("["):
        raise UsageError(f"--connect-to {shown} has no IPv6 address between its brackets")
    return "localhost" if text == "localhost" else parse_hostname(text)
