"""The names that the library promises."""

import asyncio

import pytest

import cf525
from cf525.errors import UsageError
from cf525.lab.running import Lab


def test_every_promised_name_is_there() -> None:
    for name in cf525.__all__:
        assert getattr(cf525, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = cf525.nonsense


def test_a_diagnosis_through_the_face(lab: Lab) -> None:
    place = ("127.0.0.1", lab.origins["203.0.113.13:443"].port)
    options = cf525.Options(origins=(place,), mode="full", edge=False, fetch=False)
    report = asyncio.run(cf525.diagnose("plain.example.com", options))
    assert isinstance(report, cf525.Report)
    assert report.headline == "no-tls-on-443"


@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside a running loop"])
def test_the_same_without_a_loop_of_ones_own(lab: Lab, inside: bool) -> None:
    place = ("127.0.0.1", lab.origins["203.0.113.13:443"].port)
    options = cf525.Options(origins=(place,), mode="full", edge=False, fetch=False)

    async def within() -> cf525.Report:
        return cf525.diagnose_sync("plain.example.com", options)

    report = asyncio.run(within()) if inside else cf525.diagnose_sync("plain.example.com", options)
    assert report.headline == "no-tls-on-443"


def test_its_errors_are_the_coroutines() -> None:
    with pytest.raises(UsageError):
        cf525.diagnose_sync("not a name", cf525.Options())
