"""What this program starts imports nothing from the folder that it happens to stand in."""

import asyncio
import re
from pathlib import Path

import pytest

from cf525.audit.alerts import Alert
from cf525.cli.notify import People
from cf525.jobs.apart import apart
from cf525.jobs.lint import Lint
from cf525.jobs.verify import Verification
from cf525.lab.ca import Authority
from tests.cli.forked import ROOT
from tests.series.test_watch import hook

HOST = "www.example.com"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that has modules of well-known names, as the working directory; the file that
    they would write."""
    caught = tmp_path / "caught"
    text = f"open({str(caught)!r}, 'a').write(__name__ + ' ')\nraise ImportError(__name__)\n"
    folder = tmp_path / "checkout"
    (folder / "cf525").mkdir(parents=True)
    (folder / "cf525" / "__init__.py").write_text(text)
    for name in ("pickle", "json", "asyncio", "logging", "contextlib", "apprise", "struct"):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.chdir(folder)
    return caught


def test_what_judges_a_text_apart_imports_nothing_of_the_checkout(hostile: Path) -> None:
    text = b"server { listen 443 ssl; server_name www.example.com; }"
    chain = Authority().issue(HOST).chain_pem

    verification = Verification(
        paths=(Path("chain.pem"),), hosts=(HOST,), text=chain, fetch=False, timeout=20
    )

    async def both() -> tuple[str, str]:
        linted = await apart(Lint(host=HOST, paths=("-",), text=text, timeout=20))
        judged = await apart(verification)
        return linted.target.host, judged.target.host

    assert asyncio.run(both()) == (HOST, HOST)
    assert not hostile.exists()


def test_what_tells_people_imports_nothing_of_the_checkout(hostile: Path, tmp_path: Path) -> None:
    addresses = tmp_path / "addresses"
    with hook(200) as (url, heard):
        addresses.write_text(url.replace("http", "json", 1))
        assert asyncio.run(People(addresses).tell(Alert("t", ("l",), trigger=True)))
    assert len(heard) == 1
    assert not hostile.exists()


def test_no_other_place_starts_a_python() -> None:
    """One place knows how: ``cf525/child.py``."""
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "cf525").rglob("*.py")
        if "sys.executable" in path.read_text()
    ]
    assert found == ["cf525/child.py"]


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "action.yml",
        ROOT / "Containerfile",
        *sorted(each for each in (ROOT / "docs").rglob("*.*") if each.suffix in {
            ".sh", ".yml", ".yaml", ".md", ".tf", ".py", ".service", ".timer",
        }),
    ],
    ids=lambda path: path.name,
)  # fmt: skip
def test_no_python_that_is_shown_imports_from_where_it_stands(path: Path) -> None:
    """``-c`` and ``-m`` put the working directory first, where ``-I`` or ``-P`` does not stand
    before; the build of the container alone works in a folder of its own."""
    text = path.read_text()
    if path.name == "Containerfile":
        text = text.partition("LABEL")[2].partition("COPY --from")[0] + text.partition("USER")[2]
    loose = re.compile(r"""\bpython[\d.]*(["', ]+-(?![IP])\w+)*["', ]+-[cm]\b""")
    found = [
        line for line in text.splitlines() if loose.search(line) and "`python -m cf525" not in line
    ]
    assert found == []
