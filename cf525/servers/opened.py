"""The certificate files of a configuration, each read once: what nginx and Apache are judged by."""

from cf525.servers.certificates import Loaded, load
from cf525.servers.library import Library


class Opened:
    """Files by their paths. ``library`` is what they are read from."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._loaded: dict[str, Loaded] = {}

    def load(self, path: str) -> Loaded:
        """What a server would load from a file."""
        if path not in self._loaded:
            self._loaded[path] = load(self.library, path)
        return self._loaded[path]

    def leaves(self) -> frozenset[bytes]:
        """Every leaf that was read."""
        return frozenset(each.certificates[0] for each in self._loaded.values() if each.leaf)

    def read(self) -> dict[str, Loaded]:
        """All that was read so far, in order."""
        return dict(self._loaded)
