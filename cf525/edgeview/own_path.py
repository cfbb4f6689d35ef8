"""The engineer's own path: what on this machine or before it would make a verdict worthless.

Only what can be told for certain is told: an entry of the hosts file. Reads one file; sends
nothing.
"""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cf525.model import Unknown

_HOSTS: Final = (
    Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32/drivers/etc/hosts"
    if os.name == "nt"
    else Path("/etc/hosts")
)
_MOST: Final = 4 << 20


def hosts_entry(host: str, file: Path = _HOSTS) -> str | None:
    """The address that this machine's hosts file gives for a name, None without an entry."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return None
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1 and host in (word.lower().rstrip(".") for word in words[1:]):
            return words[0] if _is_address(words[0]) else None
    return None


def hosts_doubt(host: str, file: Path = _HOSTS) -> Unknown | None:
    """The doubt that an entry of the hosts file casts on what a browser here shows."""
    address = hosts_entry(host, file)
    if address is None:
        return None
    return Unknown(
        id="hosts-file",
        text=f"What a browser on this machine shows: its hosts file sends {host} to {address}, "
        "past DNS and past Cloudflare. This report asked DNS.",
        next="Remove the entry before comparing, or open the URL on another machine.",
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
