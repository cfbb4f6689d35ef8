"""Completion for zsh, as functions that zsh loads by themselves are written.

Typer's script defines the function and names it to ``compdef``: read as ``_cf525`` by the first Tab
that is the whole of what it does, and nothing is shown. Here it answers that Tab as well.
"""

from typing import Final

_LOADED: Final = """
if [[ ${funcstack[1]} == _%(prog_name)s ]]; then
  %(complete_func)s "$@"
fi
"""


def mend() -> None:
    """Let ``--install-completion`` and ``--show-completion`` write the whole script."""
    from typer import _completion_shared as shared

    script = shared._completion_scripts["zsh"]  # noqa: SLF001  Typer has no door to it
    if not script.endswith(_LOADED):
        shared._completion_scripts["zsh"] = f"{script}{_LOADED}"  # noqa: SLF001
