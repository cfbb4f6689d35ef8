"""``python -m tests.supply sbom|audit``: what cf525 is made of, and what is known against it.

``requirements.lock`` holds every package of a run with the hashes of its files (``make lock`` makes
it anew). From it comes the bill of materials, as CycloneDX 1.6, and what is audited. Where the data
of known vulnerabilities cannot be had, that is said and is no clean bill.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cf525.version import __version__

LOCK: Final = Path(__file__).parents[1] / "requirements.lock"
_PACKAGE: Final = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\?$")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it is locked; ``where`` is the marker of the systems that need it."""

    name: str
    version: str
    where: str
    hashes: tuple[str, ...]


def locked(text: str) -> tuple[Package, ...]:
    """The packages of a lock file. Raises ValueError for a line that is none of it."""
    found: list[Package] = []
    for line in text.splitlines():
        start = _PACKAGE.match(line)
        file = _HASH.search(line)
        if start is not None:
            found.append(Package(start[1], start[2], start[3] or "", ()))
        elif file is not None and line.startswith(" ") and found:
            last = found.pop()
            found.append(Package(last.name, last.version, last.where, (*last.hashes, file[1])))
        else:
            raise ValueError(f"{line[:80]!r} is no line of a lock file")
    return tuple(found)


def bill(packages: Sequence[Package]) -> dict[str, Any]:
    """The bill of materials: the same for the same lock."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "cf525",
                "name": "cf525",
                "version": __version__,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": _purl(each),
                "name": each.name,
                "version": each.version,
                "purl": _purl(each),
                "hashes": [{"alg": "SHA-256", "content": digest} for digest in each.hashes],
            }
            for each in packages
        ],
    }


def _purl(package: Package) -> str:
    return f"pkg:pypi/{package.name.lower().replace('_', '-')}@{package.version}"


def judged(answer: str, status: int, said: str) -> tuple[int, str]:
    """What an answer of pip-audit means: an exit status, and a sentence."""
    try:
        rows: list[Mapping[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (said.strip().splitlines() or [f"status {status}"])[-1]
        return (
            0,
            f"NOT audited: the data of known vulnerabilities cannot be had here ({last[:200]})",
        )
    looked = [each for each in rows if "vulns" in each]
    if not looked:
        return 0, "NOT audited: no package is known where the data of vulnerabilities should be"
    bad = [
        f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}"
        for each in looked
        if each["vulns"]
    ]
    left = f"; {len(rows) - len(looked)} could not be looked up" if len(looked) < len(rows) else ""
    if bad:
        return 1, "known vulnerabilities: " + "; ".join(bad) + left
    return 0, f"{len(looked)} packages without a known vulnerability{left}"


def main(what: str) -> int:
    """Carry out what the command line asks for."""
    if what == "sbom":
        print(json.dumps(bill(locked(LOCK.read_text("utf-8"))), indent=2))
        return 0
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes"),
            *("--disable-pip", "--progress-spinner", "off", "--format", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    status, sentence = judged(done.stdout, done.returncode, done.stderr)
    print(sentence)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
