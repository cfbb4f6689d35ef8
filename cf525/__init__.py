"""cf525: why Cloudflare's edge cannot shake hands with an origin, and what to change.

The library's face; each name is imported when it is first used, so that the command line's help
stays quick:

    diagnose(target, Options(...)) -> Report           one hostname
    verify(Verification(...)) -> Report                certificate files before deployment
    probe_once(SingleProbe(...)) -> (Report, remarks)  one handshake

All three are coroutines. ``Report`` and everything in it stand in ``cf525.model``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.diagnosis.run import diagnose
    from cf525.diagnosis.single import SingleProbe, probe_once
    from cf525.model import Report
    from cf525.verification import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "Options",
    "Report",
    "SingleProbe",
    "Verification",
    "diagnose",
    "probe_once",
    "verify",
]

_FACE: Final = {
    "Options": ("cf525.diagnosis.options", "Options"),
    "Report": ("cf525.model", "Report"),
    "SingleProbe": ("cf525.diagnosis.single", "SingleProbe"),
    "Verification": ("cf525.verification", "Verification"),
    "diagnose": ("cf525.diagnosis.run", "diagnose"),
    "probe_once": ("cf525.diagnosis.single", "probe_once"),
    "verify": ("cf525.verification", "verify"),
}


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'cf525' has no attribute {name!r}")
    module, attribute = _FACE[name]
    return getattr(import_module(module), attribute)
