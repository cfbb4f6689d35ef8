"""cf525: why Cloudflare's edge cannot shake hands with an origin, and what to change.

The library's face; each name is imported when it is first used, so that the command line's help
stays quick:

    diagnose(target, Options(...)) -> Report           one hostname
    verify(Verification(...)) -> Report                certificate files before deployment
    probe_once(SingleProbe(...)) -> (Report, remarks)  one handshake

All three are coroutines; ``diagnose_sync``, ``verify_sync`` and ``probe_once_sync`` take the same
and return when they are done, inside a running loop too. ``Report`` and everything in it stand in
``cf525.model``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cf525.version import __version__

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.jobs.diagnose import diagnose
    from cf525.jobs.probe import SingleProbe, probe_once
    from cf525.jobs.sync import diagnose_sync, probe_once_sync, verify_sync
    from cf525.jobs.verify import Verification, verify
    from cf525.model import Report

__all__ = [
    "Options",
    "Report",
    "SingleProbe",
    "Verification",
    "__version__",
    "diagnose",
    "diagnose_sync",
    "probe_once",
    "probe_once_sync",
    "verify",
    "verify_sync",
]

_FACE: Final = {
    "Options": ("cf525.diagnosis.options", "Options"),
    "Report": ("cf525.model", "Report"),
    "SingleProbe": ("cf525.jobs.probe", "SingleProbe"),
    "Verification": ("cf525.jobs.verify", "Verification"),
    "diagnose": ("cf525.jobs.diagnose", "diagnose"),
    "diagnose_sync": ("cf525.jobs.sync", "diagnose_sync"),
    "probe_once": ("cf525.jobs.probe", "probe_once"),
    "probe_once_sync": ("cf525.jobs.sync", "probe_once_sync"),
    "verify": ("cf525.jobs.verify", "verify"),
    "verify_sync": ("cf525.jobs.sync", "verify_sync"),
}


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'cf525' has no attribute {name!r}")
    module, attribute = _FACE[name]
    return getattr(import_module(module), attribute)
