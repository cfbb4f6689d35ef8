"""The engine of ``--engine``, where its package is installed, and the places of ``--from``."""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cf525.errors import UsageError
from cf525.extras import missing

if TYPE_CHECKING:
    from cf525.audit.probe import Looker


def engine_of(text: str, vantage: str | None) -> "Looker":
    """Who looks at hosts by this engine. Raises UsageError."""
    address, places = parse_engine(text), parse_places(vantage)
    if find_spec("distributed") is None:
        raise missing("--engine dask://", "dask")
    from cf525.audit.engine.apart import Apart

    return Apart(address, places)


def parse_engine(text: str) -> str:
    """The address of the scheduler from ``dask://HOST:PORT``. Raises UsageError."""
    match = re.fullmatch(r"dask(\+tls)?://(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})", text)
    if match is None or not 0 < int(match[3]) < 65_536:
        raise UsageError(
            f"--engine {text!r} is no engine", hint="write dask://HOST:8786, or dask+tls://"
        )
    return f"{'tls' if match[1] else 'tcp'}://{match[2]}:{match[3]}"


def parse_places(text: str | None) -> tuple[str, ...]:
    """The places of --from. Raises UsageError."""
    if text is None:
        return ()
    places = tuple(dict.fromkeys(each.strip() for each in text.split(",")))
    if len(places) < 2 or not all(re.fullmatch(r"[A-Za-z0-9][\w-]{0,31}", each) for each in places):
        raise UsageError(f"--from {text!r} names no places", hint="write two or more: --from eu,us")
    return places
