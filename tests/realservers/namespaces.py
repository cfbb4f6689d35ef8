"""Hosts with addresses of their own on one made-up network: Linux network namespaces on a bridge.

Every host has any addresses it likes and reaches every other one directly, so that an origin sees
real source addresses and its real packet filter decides by them. Names carry this process's
number; nothing else of the machine is touched, and all of it is gone when the block ends.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import missing, require


@dataclass(frozen=True, slots=True)
class Place:
    """One host of the network, by its namespace."""

    namespace: str

    def command(self, *arguments: str | Path) -> list[str]:
        """What runs ``arguments`` on this host; the process is that of the command itself."""
        return [require("ip"), "netns", "exec", self.namespace, *map(str, arguments)]

    def listens(self, port: int, address: str = "0.0.0.0") -> bool:
        """Whether a server of this host accepts TCP there, as the host itself knows."""
        shown = subprocess.run(
            self.command(require("ss"), "-Hltn"),
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
        )
        return f"{address}:{port}" in shown.stdout.split()

    def firewall(self, rules: str) -> None:
        """Put a ruleset of nftables in force, in place of the one before."""
        subprocess.run(
            self.command(require("nft"), "-f", "-"),
            input=f"flush ruleset\n{rules}\n",
            check=True,
            text=True,
            timeout=60,
        )


@contextmanager
def network(hosts: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Place]]:
    """Hosts by name, each with its IPv4 addresses, until the block ends.

    Gives the test up where this process may not make namespaces.
    """
    hub = f"cf525-{os.getpid()}-hub"
    places = {name: Place(f"cf525-{os.getpid()}-{name}") for name in hosts}
    names = [hub, *(place.namespace for place in places.values())]
    made: list[str] = []
    try:
        for name in names:
            _add(name)
            made.append(name)
        _ip("-n", hub, "link", "add", "bridge", "type", "bridge")
        _ip("-n", hub, "link", "set", "bridge", "up")
        for name, place in places.items():
            _plug(hub, name, place.namespace, hosts[name])
        yield places
    finally:
        for name in made:
            subprocess.run([require("ip"), "netns", "delete", name], check=False, timeout=60)


def _add(namespace: str) -> None:
    command = [require("ip"), "netns", "add", namespace]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if result.returncode != 0:
        missing(f"network namespaces cannot be made here: {result.stderr.strip()}")


def _plug(hub: str, port: str, namespace: str, addresses: Sequence[str]) -> None:
    """Join a host to the bridge. Everybody is a neighbour: its default route needs no router."""
    peer = ("peer", "name", "eth0", "netns", namespace)
    _ip("-n", hub, "link", "add", port, "type", "veth", *peer)
    _ip("-n", hub, "link", "set", port, "master", "bridge", "up")
    for address in addresses:
        _ip("-n", namespace, "address", "add", f"{address}/32", "dev", "eth0")
    for link in ("lo", "eth0"):
        _ip("-n", namespace, "link", "set", link, "up")
    _ip("-n", namespace, "route", "add", "default", "dev", "eth0")


def _ip(*arguments: str) -> None:
    subprocess.run([require("ip"), *arguments], check=True, timeout=60)
