"""The verdict engine: loading the anchors, judging chains cold and warm, a thousand leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Figure, figure
from cf525.lab.ca import Authority
from cf525.pki import TrustStore, judge

LEAVES = 1_000
LIST = Path(os.environ.get("CF525_DATA", "")) / "cfssl_trust_ca-bundle.crt"
"""A published list to load, where CF525_DATA names its folder; else certifi's and the system's."""


def _store(extra: Path) -> TrustStore:
    store = TrustStore.load_default((extra,), published=LIST if LIST.is_file() else None)
    store.edge.named(b"")  # builds the index
    return store


def figures() -> Iterator[Figure]:
    """In a fresh process, so that nothing is cached."""
    code = "from benchmarks.certificates import measure\nmeasure()\n"
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    names = (
        "loading the trust anchors, once",
        "judging a chain, cold (CPU)",
        "judging a chain whose issuers were seen before (CPU)",
        f"{LEAVES:,} leaves of one intermediate (CPU)",
        "peak memory of judging all these",
    )
    for name, value in zip(names, result.stdout.split(), strict=True):
        yield figure(name, float(value))


def measure() -> None:
    """Prints the five values, for ``figures``."""
    import tempfile

    from OpenSSL import crypto

    from benchmarks.measure import peak_megabytes

    del crypto  # its import is the library's time, not the verdict's
    authority = Authority().intermediate()
    leaves = [authority.issue(f"h{number}.example.com") for number in range(LEAVES)]
    with tempfile.TemporaryDirectory() as folder:
        extra = Path(folder) / "root.pem"
        assert authority.parent is not None
        extra.write_bytes(authority.parent.pem)
        began = time.perf_counter()
        store = _store(extra)
        print((time.perf_counter() - began) * 1000)
    now = datetime.now(UTC)

    def cpu(count: int, start: int) -> float:
        before = time.process_time()
        for number in range(start, start + count):
            verdict = judge(
                leaves[number].chain_der, names=(f"h{number}.example.com",), at=now, trust=store
            )
            assert verdict.accepted, verdict
        return time.process_time() - before

    print(cpu(1, 0) * 1000)
    print(cpu(100, 1) / 100 * 1000)
    print(cpu(LEAVES - 101, 101) / (LEAVES - 101) * LEAVES)
    print(peak_megabytes())
