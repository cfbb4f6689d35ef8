"""The entry point: runs a command and turns every error into a sentence and an exit status."""

import gc
import os
import sys
from types import ModuleType
from typing import NoReturn

from cf525.cli import exit_status, signals, streams
from cf525.errors import Cf525Error

COMPLETING = "_CF525_COMPLETE"
_COMPLETION = frozenset(("--install-completion", "--show-completion"))
"""Set by the shell that wants to know what can follow."""


OBJECTS = 20_000
"""How many new objects make the collector look for circles: what a start makes stays, and it would
be looked through a hundred times."""

HTTPX_COMMAND_LINE = "httpx._main"
"""httpx loads its own command line, with rich and pygments: half of what it costs to import."""


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        gc.set_threshold(OBJECTS)
        signals.arm()
        streams.prepare()
        sys.modules.setdefault(HTTPX_COMMAND_LINE, _no_command_line())
        status = _status(sys.argv[1:])
    except BaseException as error:
        if not _interrupted(error):
            raise
        status = exit_status.INTERRUPTED
    if signals.asked():
        status = exit_status.INTERRUPTED
    signals.disarm()
    sys.exit(status)


def _interrupted(error: BaseException) -> bool:
    """Ctrl-C where nobody said so: before anything began, or a second one."""
    if isinstance(error, KeyboardInterrupt):
        return True
    return type(error).__name__ == "CancelledError"  # asyncio may not have been imported


def _no_command_line() -> ModuleType:
    """A module in its place: this process is a command line of its own."""
    empty = ModuleType(HTTPX_COMMAND_LINE)
    empty.main = lambda: None  # type: ignore[attr-defined]  # httpx names it as its own
    return empty


def _status(arguments: list[str]) -> int:
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except Cf525Error as error:
        return _failed(arguments, exit_status.of_error(error), error.message, error.hint)
    except KeyboardInterrupt as error:
        return _failed(arguments, exit_status.of_error(error), "interrupted")
    except Exception as error:  # noqa: BLE001  no traceback reaches a user
        return _other(error, arguments)
    return status


def _run(arguments: list[str]) -> int:
    from cf525.cli import slips, start

    if not arguments and COMPLETING not in os.environ:
        sys.stdout.write(start.page())
        return exit_status.OK
    if COMPLETING in os.environ or not _COMPLETION.isdisjoint(arguments):
        from cf525.cli import zsh

        zsh.mend()
    arguments = slips.spelled_out(arguments)
    from cf525.cli import dotfile
    from cf525.cli.app import COMMANDS, app
    from cf525.cli.output import say

    defaults = {}
    own = dotfile.find()
    if own.path is not None:
        found = own.defaults(tuple(COMMANDS))
        defaults = {"default_map": found}
        command = next((each for each in arguments if each in found), "")
        quiet = not {"-q", "--quiet"}.isdisjoint(arguments)
        if told := own.notice(command, found.get(command, {}), quiet=quiet):
            say(told)
    result = app(args=arguments, prog_name="cf525", standalone_mode=False, **defaults)
    return result if isinstance(result, int) else exit_status.OK


def _other(error: Exception, arguments: list[str]) -> int:
    """Errors of the command-line library are wrong usage; the rest are faults of ours."""
    from typer.exceptions import Abort, Exit, TyperException

    if isinstance(error, Exit):
        return error.exit_code
    if isinstance(error, Abort):  # what Typer makes of Ctrl-C
        return _failed(arguments, exit_status.INTERRUPTED, "interrupted")
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer keeps the class to itself
        sys.stderr.write(f"{error}\n")
        return exit_status.USAGE
    if isinstance(error, TyperException):
        from cf525.cli import slips

        message = error.format_message()
        meant = slips.hint(arguments, message) or "cf525 COMMAND --help says what is right"
        return _failed(arguments, exit_status.USAGE, message, meant)
    if signals.asked():  # what was cut off in its middle fails in whatever way
        return _failed(arguments, exit_status.INTERRUPTED, "interrupted")
    if "--debug" in arguments:
        raise error
    if isinstance(error, OSError) and _nowhere_to_write():
        return _failed(
            arguments,
            exit_status.of_error(error),
            "there is no folder for temporary files that can be written",
            "name one in TMPDIR; in a container: --tmpfs /tmp",
        )
    return _failed(
        arguments,
        exit_status.of_error(error),
        f"internal fault ({type(error).__name__})",
        "repeat with --debug and report what it shows",
    )


def _nowhere_to_write() -> bool:
    import tempfile

    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return True
    return False


def _failed(arguments: list[str], status: int, message: str, hint: str = "") -> int:
    """Say what happened; where JSON was asked for, as an object on standard output too."""
    from cf525.cli.output import anything_printed, say

    say(message, hint)
    if anything_printed():
        return status  # what was printed is whole, and one object is all that a script reads
    words = " ".join(arguments)
    if "--json" in arguments or "--format json" in words or "--format=json" in words:
        import json

        from cf525.model.failure import Failure
        from cf525.report.escape import in_json
        from cf525.report.hidden import without_passwords
        from cf525.report.plain import to_plain
        from cf525.version import __version__

        said = without_passwords(message)
        failure = Failure(tool_version=__version__, exit_status=status, message=said, hint=hint)
        sys.stdout.write(
            in_json(json.dumps(to_plain(failure), indent=2, ensure_ascii=False)) + "\n"
        )
    return status


if __name__ == "__main__":
    main()
