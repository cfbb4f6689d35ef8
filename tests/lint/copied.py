"""A tree below a root, as it is copied from a server, with the certificates of this session."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from tests.lint.certificates import certificates
from tests.oracle.origins import HOST


def copied(
    root: Path,
    files: Mapping[str, str],
    pairs: Mapping[str, str],
    main: str,
    *,
    server: str = "",
    mode: str = "strict",
) -> Report:
    """What lint says of it; ``pairs`` are certificates by the place they are copied to."""
    held = {name: text.encode() for name, text in files.items()}
    held |= {name: (certificates().folder / each).read_bytes() for name, each in pairs.items()}
    for name, content in held.items():
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return below(root, main, server=server, mode=mode)


def below(root: Path, main: str, *, server: str = "", mode: str = "strict") -> Report:
    """What lint says of a tree that is there."""
    job = Lint(
        host=HOST,
        paths=(f"/{main.lstrip('/')}",),
        server=server,
        root=root,
        mode=mode,
        trust_files=(certificates().trust,),
        trust_only=True,
        aop="none",
    )
    return asyncio.run(lint(job))
