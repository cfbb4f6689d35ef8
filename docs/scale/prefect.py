"""The two stages as tasks of a Prefect flow: one with the token, eight without, one that joins."""

import os
import subprocess
from pathlib import Path

from prefect import flow, task

FOLDER = Path("/audit")
SHARES = 8


def cf525(*words: str, **environment: str) -> None:
    path = os.environ.get("PATH", "")
    subprocess.run(["cf525", *words], env={"PATH": path, **environment}, check=True)


@task(retries=8)
def read(token: str) -> None:
    plans = str(FOLDER / "plans")
    cf525("audit", "read", "--quiet", "--force", "-o", plans, CLOUDFLARE_API_TOKEN=token)


@task(retries=8)
def probe(number: int) -> None:
    kept, share = FOLDER / f"results-{number}.ndjson", f"{number}/{SHARES}"
    resume = ["--resume"] if kept.exists() else []
    words = ("--quiet", "--fail-on", "never", "--checkpoint", str(kept), *resume)
    cf525("audit", "probe", str(FOLDER / "plans"), "--shard", share, *words)


@task
def merge() -> None:
    results = [str(each) for each in sorted(FOLDER.glob("results-*.ndjson"))]
    page = str(FOLDER / "audit.html")
    cf525("audit", "merge", *results, "--fail-on", "never", "--force", "-o", page)


@flow
def audit(token: str) -> None:
    for old in FOLDER.glob("results-*.ndjson"):
        old.unlink()
    read(token)
    probe.map(range(1, SHARES + 1)).wait()
    merge()
