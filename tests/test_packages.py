"""What is built is whole, the same every time, and runs where nothing else of ours is."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from cf525.version import __version__
from tests.cli.forked import ROOT

WHEEL = f"cf525-{__version__}-py3-none-any.whl"
SDIST = f"cf525-{__version__}.tar.gz"
UNWANTED = re.compile(r"(^|/)(tests|benchmarks|fixtures|docs)/")
pytestmark = pytest.mark.xdist_group("packages")


def build(source: Path, to: Path) -> Path:
    """The wheel and the source distribution of a tree, in a folder of their own."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", to],
        cwd=source, check=True, capture_output=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"},
    )  # fmt: skip
    return to


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("built"))


def kept_files() -> set[str]:
    """What git keeps; where this is no checkout, what stands in the folders of the project."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return set(listed.stdout.split())
    folders = ("cf525", "tests", "docs", "fixtures", "benchmarks")
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def members(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def installed(package: Path, to: Path) -> dict[str, str]:
    """An environment in which this package alone is the program; its dependencies are ours."""
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--disable-pip-version-check", "--target", to, package],
        check=True,
    )  # fmt: skip
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(to), "HOME": "/nonexistent"}


def test_the_source_distribution_is_whole_and_builds_the_same_wheel(
    built: Path, tmp_path: Path
) -> None:
    """Built again, and the wheel from the source distribution elsewhere: the same bytes."""
    assert kept_files() - members(built / SDIST) == set()
    with tarfile.open(built / SDIST) as archive:
        archive.extractall(tmp_path, filter="data")
    from_sdist = build(tmp_path / SDIST.removesuffix(".tar.gz"), tmp_path / "from")
    again = build(ROOT, tmp_path / "again")
    assert (from_sdist / WHEEL).read_bytes() == (built / WHEEL).read_bytes()
    for name in (WHEEL, SDIST):
        assert (again / name).read_bytes() == (built / name).read_bytes(), name


def test_the_wheel_holds_the_program_and_no_tests(built: Path) -> None:
    with zipfile.ZipFile(built / WHEEL) as archive:
        names = set(archive.namelist())
    own = {str(each.relative_to(ROOT)) for each in (ROOT / "cf525").rglob("*.*") if each.is_file()}
    assert {each for each in own if "__pycache__" not in each} - names == set()
    assert not [each for each in names if UNWANTED.search(each)]


@pytest.mark.parametrize("name", [WHEEL, SDIST])
def test_what_was_built_runs(built: Path, tmp_path: Path, name: str) -> None:
    environment = installed(built / name, tmp_path / "site")
    code = "import cf525.cli.__main__ as m; print(m.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert where.stdout.startswith(str(tmp_path / "site"))
    told = subprocess.run(
        [sys.executable, "-m", "cf525.cli", "explain", "cert-expired"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("cert-expired")
