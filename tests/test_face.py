"""The names that the library promises."""

import asyncio

import pytest

import cf525
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
