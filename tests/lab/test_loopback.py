"""The lab on a machine that does not reach itself."""

import errno
import socket

import pytest

from cf525.errors import LabError
from cf525.lab import running
from cf525.lab.scenarios import WORLD


def test_a_loopback_interface_that_is_down_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(LabError) as refused, running.start(WORLD):
        pass
    assert "the loopback interface is down" in refused.value.message
    assert "ip link set lo up" in refused.value.hint
