from pathlib import Path

import pytest

from tests.servers import real
from tests.servers.real import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture(scope="session")
def go_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go server, compiled once a session."""
    return real.go_server(tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="session")
def java_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Java server's classes, compiled once a session."""
    return real.java_server(tmp_path_factory.mktemp("java"))
