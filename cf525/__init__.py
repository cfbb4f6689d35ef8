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

from cf525.version import __version__

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.jobs.diagnose import diagnose
    from cf525.jobs.probe import SingleProbe, probe_once
    from cf525.jobs.verify import Verification, verify
    from cf525.model import Report

__all__ = [
    "Options",
    "Report",
    "SingleProbe",
    "Verification",
    "__version__",
    "diagnose",
    "probe_once",
    "verify",
]

_FACE: Final = {
    "Options": ("cf525.diagnosis.options", "Options"),
    "Report": ("cf525.model", "Report"),
    "SingleProbe": ("cf525.jobs.probe", "SingleProbe"),
    "Verification": ("cf525.jobs.verify", "Verification"),
    "diagnose": ("cf525.jobs.diagnose", "diagnose"),
    "probe_once": ("cf525.jobs.probe", "probe_once"),
    "verify": ("cf525.jobs.verify", "verify"),
}


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'cf525' has no attribute {name!r}")
    module, attribute = _FACE[name]
    return getattr(import_module(module), attribute)
