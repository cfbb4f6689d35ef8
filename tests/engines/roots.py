"""``python -m tests.engines.roots 3.13 3.14``: newer Pythons beside this machine's own.

Each comes from Debian's packages and is unpacked, not installed, into a folder of its own that is
the root of a file system, with the wheels of a run for it. What is not to be had is said and left
out. Needs apt, dpkg and the rights to make a device.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.cli.forked import ROOT

ROOTS: Final = ROOT / "build" / "pythons"
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES: Final = ("trixie", "sid")
"""Debian 13 has 3.13; what is newer stands in its unstable suite."""
PLATFORMS: Final = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")


def fetched(version: str) -> bool:
    """Whether the root of this version stands there, made now where it did not."""
    root = ROOTS / version
    if (root / "wheels").exists():
        return True
    for suite in SUITES:
        if _packages(version, suite, ROOTS / f"{version}-{suite}"):
            shutil.rmtree(root, ignore_errors=True)
            _unpacked(ROOTS / f"{version}-{suite}" / "cache" / "archives", root)
            return _wheels(version, root / "wheels")
    return False


def _packages(version: str, suite: str, to: Path) -> bool:
    """The packages of an interpreter, with what they stand on, from an index of their own."""
    for each in ("state/lists/partial", "cache/archives/partial", "etc/apt"):
        (to / each).mkdir(parents=True, exist_ok=True)
    (to / "state" / "status").touch()
    (to / "etc" / "apt" / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] http://deb.debian.org/debian {suite} main\n"
    )
    (to / "apt.conf").write_text(
        f'Dir "{to}/"; Dir::State "state"; Dir::State::status "{to}/state/status";\n'
        'Dir::Cache "cache"; Dir::Etc "etc/apt"; APT::Sandbox::User "root";\n'
        'Acquire::Check-Valid-Until "false";\n'
    )
    environment = {**os.environ, "APT_CONFIG": str(to / "apt.conf")}
    wanted = ("install", "--download-only", "-y", "-q", "--no-install-recommends")
    for line in (
        ["apt-get", "-q", "update"],
        ["apt-get", *wanted, f"python{version}", "dash", "coreutils", "ca-certificates"],
    ):
        if subprocess.run(line, env=environment, capture_output=True).returncode:
            return False
    return True


def _unpacked(archives: Path, root: Path) -> None:
    for each in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / each).mkdir(parents=True, exist_ok=True)
        (root / each).symlink_to(f"usr/{each}")
    for each in ("dev", "tmp", "proc"):
        (root / each).mkdir(exist_ok=True)
    for package in archives.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    for name, minor in (("null", "3"), ("urandom", "9")):
        subprocess.run(["mknod", "-m", "666", root / "dev" / name, "c", "1", minor], check=True)


def _wheels(version: str, to: Path) -> bool:
    """Whether what a run needs, as the lock file names it, and an installer could be had."""
    machine = os.uname().machine
    tag = f"cp{version.replace('.', '')}"
    platforms = [word for each in PLATFORMS for word in ("--platform", f"{each}_{machine}")]
    abis = [word for each in (tag, "abi3", "none") for word in ("--abi", each)]
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    wanted = [each.split()[0] for each in lines if each[:1].isalnum() and "; sys_" not in each]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--dest", to, "--no-deps",
         "--only-binary=:all:", "--implementation", "cp", "--python-version", version,
         *platforms, *abis, "pip", *wanted],
        capture_output=True,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(to, ignore_errors=True)
    return done.returncode == 0


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        print(f"Python {asked}: {'at hand' if fetched(asked) else 'not to be had here'}")
