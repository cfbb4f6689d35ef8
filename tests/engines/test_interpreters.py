"""The wheel, installed without a network on every other Python there is, diagnoses there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.forked import ROOT
from tests.engines.roots import ROOTS

FOUND = sorted(each.parent for each in ROOTS.glob("*/wheels"))
OFFLINE = "ip link set lo up; exec chroot {root} /bin/sh -ec '{script}'"
SCRIPT = """
python{version} -m venv --without-pip /environment
HOME=/tmp PYTHONPATH=/wheels/pip.whl /environment/bin/python -m pip install --quiet --no-index \
  --find-links /wheels "cf525[lint]"
cd /tmp; HOME=/nonexistent exec /environment/bin/cf525 demo
"""


def built(to: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", to],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.timeout(400)
@pytest.mark.parametrize("root", FOUND, ids=[each.name for each in FOUND])
def test_the_whole_demo_runs_on_it(root: Path) -> None:
    shutil.rmtree(root / "environment", ignore_errors=True)
    built(root / "wheels")
    (installer,) = (each for each in root.glob("wheels/pip-*.whl"))
    shutil.copy(installer, root / "wheels" / "pip.whl")
    script = OFFLINE.format(root=root, script=SCRIPT.format(version=root.name))
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script], capture_output=True, text=True, timeout=380,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "23 of 23 scenarios as expected" in done.stdout
