import shutil
import subprocess
from pathlib import Path

import pytest

from tests.realservers.harness import Files, require


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture(scope="session")
def go_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go server, compiled once a session."""
    folder = tmp_path_factory.mktemp("go")
    source = folder / "main.go"
    shutil.copyfile(Path(__file__).with_name("server.go.txt"), source)
    binary = folder / "server"
    subprocess.run(
        [require("go"), "build", "-o", binary, source],
        check=True,
        cwd=folder,
        capture_output=True,
        env={
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "GOFLAGS": "-mod=mod",
            "GO111MODULE": "off",
            "GOCACHE": str(folder / "cache"),
        },
    )
    return binary
