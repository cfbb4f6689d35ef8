"""The Caddyfile behind the JSON: its sites with their lines, and edits of them.

Only what Caddy made of it is judged; here no more is read than is needed to find a line again.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.certificates import covers, load
from cf525.servers.foretold import Edit, Named
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.lines import LineMender
from cf525.servers.swap import instead, pair_for
from cf525.servers.tree import shown
from cf525.values import dataclass

_ADDRESS: Final = lazy_pattern(r"(?:(?P<scheme>https?)://)?(?P<host>[^\s:/,{}]+)(?P<port>:\d+)?/?$")


@dataclass(frozen=True, slots=True)
class Site:
    """A block at the top: its addresses, and the lines from its head to its end."""

    file: str
    line: int
    end: int
    addresses: tuple[str, ...]

    def names(self) -> Iterator[str]:
        for each in self.addresses:
            found = _ADDRESS.match(each)
            if found is not None:
                yield found["host"].lower()


class Caddyfile:
    """The text files that a JSON was made of; none for JSON that was written by hand."""

    def __init__(self, library: Library, files: Sequence[str], host: str) -> None:
        self.library = library
        self.files = tuple(files)
        self.host = host
        self.mender = LineMender(library)
        self.sites = [each for file in self.files for each in self._sites(file)]

    def _sites(self, file: str) -> Iterator[Site]:
        depth, head, began = 0, "", 0
        for number, raw in enumerate(self._lines(file), 1):
            text = _bare(raw)
            opened, closed = text.endswith("{"), text.startswith("}")
            if depth == 0 and text and not closed:
                began = began or number
                head = f"{head} {text.removesuffix('{')}"
            depth += opened - closed
            if depth == 0 and closed:
                yield Site(file, began, number, tuple(re.split(r"[,\s]+", head.strip())))
                head, began = "", 0
            elif depth == 0 and text and not head.rstrip().endswith(",") and not opened:
                head, began = (head, began) if began == 1 else ("", 0)

    def _lines(self, file: str) -> list[str]:
        content = self.library.read(file)
        return [] if isinstance(content, Absence) else decoded(content).split("\n")

    def place(self, text: str) -> Place | None:
        """The first line on which a text stands; a name first in the heads of the sites."""
        for site in self.sites:
            if text in site.names():
                return self._at(site.file, site.line)
        for file in self.files:
            for number, line in enumerate(self._lines(file), 1):
                if text and text in line and not line.lstrip().startswith("#"):
                    return self._at(file, number)
        return None

    def _at(self, file: str, number: int) -> Place:
        return Place(file=file, line=number, text=shown(self._lines(file)[number - 1]))

    def at_line(self, number: int) -> Place:
        """A line of the main file; its first one where there is no such line."""
        lines = self._lines(self.files[0])
        return self._at(self.files[0], number if 0 < number <= len(lines) else 1)

    def within(self, block: Place, name: str) -> Place | None:
        """A statement of this name in a block that begins on a line."""
        lines = self._lines(block.file)
        for number in range(block.line, min(block.line + 20, len(lines))):
            words = _bare(lines[number]).split()
            if words[:1] == ["}"]:
                break
            if words[:1] == [name]:
                return self._at(block.file, number + 1)
        return None

    def directive(self, name: str) -> Place | None:
        """A statement of this name: in the site for the host, in what that site imports, else the
        first one that stands in no other site."""
        own = [site for site in self.sites if self._fits(site)]
        imported = {f"({each})" for site in own for each in self._imports(site)}
        used = [site for site in self.sites if not imported.isdisjoint(site.addresses)]
        spans = [(site.file, site.line, site.end) for site in (*own, *used)]
        spans += [(file, 1, len(self._lines(file))) for file in self.files]
        others = [site for site in self.sites if own and site not in (*own, *used)]
        for file, first, last in spans:
            for number in range(first, last + 1):
                if any(_holds(site, file, number) for site in others):
                    continue
                if (_bare(self._lines(file)[number - 1]).split() or [""])[0] == name:
                    return self._at(file, number)
        return None

    def own_ca(self) -> Place | None:
        """The line by which Caddy's own CA issues the certificate of the host."""
        tls = self.directive("tls")
        if tls is not None and "internal" in tls.text:
            return tls
        return self.directive("local_certs") or tls

    def in_clear(self) -> Place | None:
        """The head of a site that has the host in clear alone."""
        clear = f"http://{self.host}"
        for site in self.sites:
            if any(
                each.lower().rstrip("/").removesuffix(":80") == clear for each in site.addresses
            ):
                return self._at(site.file, site.line)
        return None

    def secured(self, certificate: str, key: str) -> tuple[Edit, ...]:
        """TLS with this pair for the site that has the host in clear alone."""
        head = self.in_clear()
        line = self.mender.line(head) if head is not None else None
        found = re.search(
            rf"http://({re.escape(self.host)})(?::80)?(?=[\s,{{/]|$)", line or "", re.IGNORECASE
        )
        if head is None or line is None or found is None or not _bare(line).endswith("{"):
            return ()
        new = f"{line[: found.start()]}{found[1]}{line[found.end() :]}"
        beside = self.mender.behind(head, f"tls {certificate} {key}")
        return (*self.mender.whole(head, new), *beside)

    def _imports(self, site: Site) -> Iterator[str]:
        for line in self._lines(site.file)[site.line - 1 : site.end]:
            words = _bare(line).split()
            if words[:1] == ["import"]:
                yield from words[1:2]

    def alone(self, place: Place) -> bool:
        """Whether a line stands in no other block than that of the site for the host, or in a
        snippet that this site alone imports."""
        holding = [each for each in self.sites if _holds(each, place.file, place.line)]
        return all(self._fits(each) or self._own_snippet(each) for each in holding)

    def _own_snippet(self, block: Site) -> bool:
        name = block.addresses[0]
        using = [each for each in self.sites if name in {f"({n})" for n in self._imports(each)}]
        return bool(using) and all(map(self._fits, using))

    def _fits(self, site: Site) -> bool:
        star = f"*.{self.host.partition('.')[2]}"
        return any(each in (self.host, star) for each in site.names())

    # -- edits ----------------------------------------------------------------------------

    def with_words(self, name: str, *words: str) -> tuple[Edit, ...]:
        """A statement with these words; without any it goes, and its block with it."""
        place = self.directive(name)
        if place is None:
            return ()
        lines = self._lines(place.file)
        first, last, depth = place.line, place.line, 0
        for number in range(first, len(lines) + 1):
            text = _bare(lines[number - 1])
            depth += text.endswith("{") - text.startswith("}")
            last = number
            if depth <= 0:
                break
        line = lines[first - 1].rstrip("\r")
        indent = line[: len(line) - len(line.lstrip())]
        made = (f"{indent}{' '.join((name, *words))}",) if words else ()
        return (Edit(file=place.file, first=first, last=last, lines=made),)

    def given(self, certificate: str, key: str) -> tuple[Edit, ...]:
        """The pair for the one site of the host, where no certificate is spoken of yet."""
        own = [each for each in self.sites if self.host in each.names()]
        if len(own) != 1 or self.directive("tls") is not None:
            return ()
        head = self._at(own[0].file, own[0].line)
        if not _bare(self._lines(head.file)[head.line - 1]).endswith("{"):
            return ()
        return self.mender.behind(head, f"tls {certificate} {key}")

    def with_name(self, loaded: Sequence[tuple[Named, Named | None]]) -> tuple[Edit, ...]:
        """The name given to the site of its sibling (with or without www), with a certificate
        beside that has both."""
        host = self.host
        sibling = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
        site = next((each for each in self.sites if sibling in each.names()), None)
        if site is None:
            return ()
        own = [
            pair for pair in loaded
            if pair[0].place.file == site.file and site.line <= pair[0].place.line <= site.end
        ]  # fmt: skip
        line = self._lines(site.file)[site.line - 1].rstrip("\r")
        address = next(each for each in site.addresses if sibling in each.lower())
        if not own or line.count(address) != 1:
            return ()
        file, key = own[0]
        found = pair_for(self.library, (file.path,), (host,))
        if found is None or key is None:
            return ()
        new = address.lower().replace(sibling, host)
        head = self.mender.whole(
            self._at(site.file, site.line), line.replace(address, f"{address}, {new}")
        )
        leaf = load(self.library, found[0]).leaf
        if leaf is None or not all(covers(leaf, each) for each in site.names()):
            own_head = self._at(site.file, site.line)  # its other names keep their certificate
            beside = self.mender.behind(own_head, f"tls {found[0]} {found[1]}")
            return (*head, *beside) if _bare(line).endswith("{") else ()
        return (*head, *self._swapped(file, key, found))

    def instead(self, file: Named, key: Named | None) -> tuple[Edit, ...]:
        """A file beside in place of one that cannot be loaded, on the line that names both."""
        if key is not None and key.place == file.place:
            found = pair_for(self.library, (file.path,), (self.host,))
            return self._swapped(file, key, found) if found is not None else ()
        return instead(self.library, file, key, (self.host,))

    def _swapped(self, file: Named, key: Named, new: tuple[str, str]) -> tuple[Edit, ...]:
        line = self.mender.line(file.place)
        if line is None or f" {file.written} {key.written}" not in line:
            return ()
        text = line.replace(f" {file.written} {key.written}", f" {new[0]} {new[1]}")
        return self.mender.whole(file.place, text)


def _holds(site: Site, file: str, line: int) -> bool:
    """Whether a line is one of a site's; the block of global options is none."""
    return site.file == file and site.line <= line <= site.end and any(site.addresses)


def _bare(line: str) -> str:
    """A line without its comment and the space around."""
    return re.sub(r"(?:^|\s)#.*$", "", line).strip()
