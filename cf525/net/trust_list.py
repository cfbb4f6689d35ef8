"""Cloudflare's published list of trusted roots: where it is, how old the local copy is, a new one.

The list decides which public CA the edge accepts; it is downloaded, checked and swapped in as a
whole. A refresh that fails leaves the old copy, silently: an outage is no time for that.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cf525.errors import Cf525Error
from cf525.net import cache
from cf525.pki import TrustStore, bundles, trust
from cf525.pki.der import DerError
from cf525.values import dataclass
from cf525.version import __version__

URL: Final = "https://raw.githubusercontent.com/cloudflare/cfssl_trust/master/ca-bundle.crt"
REFRESH_AFTER_DAYS: Final = 7
_MAX_BYTES: Final = 4 << 20
_MIN_ROOTS: Final = 100
_SECONDS: Final = 20.0
REFRESH_WAIT: Final = 2.0
RETRY_AFTER: Final = 600.0
"""Seconds until a download that did not come is tried again: a run without the Internet would
wait for it each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalList:
    """The local copy. ``age`` is in seconds since it was downloaded."""

    path: Path
    roots: int
    sha256: str
    age: float

    @property
    def stale(self) -> bool:
        return self.age > REFRESH_AFTER_DAYS * 86_400


def local(path: Path | None = None) -> LocalList | None:
    """What is known of the local copy, None if there is none that can be used."""
    path = path or cache.published_list()
    if not cache.own(path):
        return None
    try:
        content = path.read_bytes()
        age = time.time() - path.stat().st_mtime
    except OSError:
        return None
    roots = count_roots(content)
    if roots < _MIN_ROOTS:
        return None
    return LocalList(
        path=path, roots=roots, sha256=hashlib.sha256(content).hexdigest(), age=max(0.0, age)
    )


def store(
    extra_files: Sequence[Path] = (),
    *,
    only: bool = False,
    zone: Sequence[str] = (),
    given: Sequence[tuple[str, bytes]] = (),
) -> TrustStore:
    """The trust store of a normal run, with the local copy of the list where there is one.

    ``zone`` holds the PEM certificates of a Custom Origin Trust Store, which replace the public
    ones; ``given`` are files that were read elsewhere, by their names. Raises UsageError for a file
    that holds no certificate.
    """
    published = cache.published_list()
    return TrustStore.load_default(
        extra_files,
        only=only,
        published=published if cache.own(published) else None,
        zone=[pem.encode() for pem in zone],
        given=given,
    )


def count_roots(content: bytes) -> int:
    """How many certificates the list holds; 0 if any of them cannot be read."""
    found = bundles.certificates_in(content)
    try:
        for encoded in found:
            trust.sketch(encoded, trust.PUBLISHED)
    except DerError:
        return 0
    return len(found)


def update(path: Path | None = None, *, url: str = URL) -> LocalList:
    """Download the list, check it, and put it in the place of the local copy."""
    path = path or cache.published_list()
    content = _download(url)
    if count_roots(content) < _MIN_ROOTS:
        raise Cf525Error(
            f"What came from {url} is not the list of roots.",
            hint="The local copy was left as it was.",
        )
    try:
        cache.replace_file(path, content)
    except OSError as error:
        raise Cf525Error(
            f"The list could not be written to {path}: {error.strerror or error}.",
            hint=f"Set {cache.DIRECTORY_VARIABLE} to a directory that can be written.",
        ) from error
    found = local(path)
    if found is None:
        raise Cf525Error(
            f"The list at {path} is not believed: others can write there, or it is theirs.",
            hint=f"Set {cache.DIRECTORY_VARIABLE} to a folder of your own.",
        )
    return found


def refresh_if_stale(path: Path | None = None, *, url: str = URL) -> LocalList | None:
    """The local copy, replaced by a new one first if it is missing or old and that succeeds."""
    found = local(path)
    if found is not None and not found.stale:
        return found
    try:
        return update(path, url=url)
    except Cf525Error:
        return found


def refresh(path: Path | None = None, *, url: str = URL, wait: float = REFRESH_WAIT) -> None:
    """Renew a missing or old copy, waiting at most ``wait`` seconds for it. Where that failed
    lately it is not tried again.

    What takes longer goes on beside the run, for the next one; a process that ends meanwhile
    leaves the old copy.
    """
    found = local(path)
    if found is not None and not found.stale:
        return
    path = path or cache.published_list()
    tried = path.with_name(f"{path.name}.tried")
    if cache.read_young(tried, time.time(), RETRY_AFTER) is not None:
        return
    with contextlib.suppress(OSError):
        cache.replace_file(tried, b"")

    def renew() -> None:
        found = refresh_if_stale(path, url=url)
        if found is not None and not found.stale:
            tried.unlink(missing_ok=True)

    worker = threading.Thread(target=renew, daemon=True)
    worker.start()
    worker.join(wait)


def _download(url: str) -> bytes:
    import httpx

    body = bytearray()
    deadline = time.monotonic() + _SECONDS
    try:
        with (
            httpx.Client(follow_redirects=False, timeout=_SECONDS / 2) as client,
            client.stream(
                "GET",
                url,
                headers={"User-Agent": f"cf525/{__version__}", "Accept-Encoding": "identity"},
            ) as response,
        ):
            if response.status_code != 200:
                raise Cf525Error(f"{url} answered with status {response.status_code}.")
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > _MAX_BYTES or time.monotonic() > deadline:
                    raise Cf525Error(f"{url} sends too much, or too slowly.")
    except httpx.HTTPError as error:
        raise Cf525Error(
            f"Cloudflare's list of roots could not be downloaded: {type(error).__name__}.",
            hint=f"Download {url} yourself and put it at {cache.published_list()}.",
        ) from error
    return bytes(body)
