"""Names that are too long for nginx's hash tables: it does not start with such a one.

Source: src/core/ngx_hash.c. An element takes a pointer and the name with two bytes, in whole
pointers; it must fit into a bucket with a further pointer. The buckets are as large as a line of
the processor's cache, or as the directive says, in whole such lines (measured with 1.22, x86-64).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cf525.servers import faults
from cf525.servers.foretold import Fault
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import Server, sockets_of
from cf525.servers.tree import Directive, Tree

NGINX: Final = "nginx"
POINTER: Final = 8
LINE: Final = 64
LARGE: Final = 128
"""A line of the cache on most processors, and on the others."""
_NO_NAMES: Final = frozenset(("default", "hostnames", "volatile", "include"))


def sizes(tree: Tree, servers: Sequence[Server], mender: Mender) -> Iterator[Fault]:
    """The names of servers, and the keys of maps."""
    for block in tree.root.all("http"):
        own = [each for each in servers if block in each.around]
        for port in sorted({each.port for server in own for each in server.listens}):
            for socket in sockets_of(own, port):
                if len(socket.servers) > 1:  # else nginx looks up no name
                    names = [found for server in socket.servers for found in server.names]
                    yield from _told(block, "server_names_hash_bucket_size", names, mender)
    for kind in ("http", "stream"):
        for block in tree.root.all(kind):
            for each in block.all("map"):
                keys = [(entry.name, entry) for entry in each.block or ()]
                keys = [(key, entry) for key, entry in keys if key not in _NO_NAMES]
                yield from _told(block, "map_hash_bucket_size", keys, mender)


def _told(
    block: Directive, name: str, keys: Sequence[tuple[str, Directive]], mender: Mender
) -> Iterator[Fault]:
    said = block.first(name)
    text = said.argument() if said is not None else str(LINE)
    if not text.isdigit() or len(text) > POINTER:
        return
    size = -(-int(text) // LINE) * LINE
    found = max((each for each in keys if not each[0].startswith("~")), key=_needed, default=None)
    if found is None or _needed(found) <= size:
        return
    enough = str(1 << (_needed(found) - 1).bit_length())
    if said is not None:
        edits = mender.replaced(said, name, enough)
    else:
        edits = mender.inserted(block, f"{name} {enough};")
    yield faults.not_loaded(
        NGINX,
        f'"{found[0]}" is too long for its hash table: {name} is {size} and must be {enough}',
        found[1].place,
        edits=edits,
        sure=_needed(found) > LARGE or said is not None,
        reason=f"a processor with lines of {LARGE} bytes in its cache takes longer names",
    )


def _needed(found: tuple[str, Directive]) -> int:
    """The bytes of a bucket for a name: of one with a star each label is an element."""
    name = found[0]
    labels = name.split(".") if name.startswith(("*.", ".")) or name.endswith(".*") else [name]
    length = max(map(len, (labels if "*" in name else [*labels, name.lstrip(".")])))
    return 2 * POINTER + -(-(length + 2) // POINTER) * POINTER
