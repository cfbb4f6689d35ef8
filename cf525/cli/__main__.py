"""The entry point: runs a command and turns every error into a sentence and an exit status."""

import os
import sys
from typing import NoReturn

from cf525.cli import exit_status
from cf525.errors import Cf525Error


def main() -> NoReturn:
    """Run the command line and exit."""
    sys.exit(_status(sys.argv[1:]))


def _status(arguments: list[str]) -> int:
    from cf525.cli.app import app

    try:
        result = app(args=arguments, standalone_mode=False)
    except Cf525Error as error:
        _say(error.message, error.hint)
        return exit_status.of_error(error)
    except KeyboardInterrupt as error:
        _say("interrupted")
        return exit_status.of_error(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_status.OK
    except Exception as error:  # noqa: BLE001  no traceback reaches a user
        return _other(error, debug="--debug" in arguments)
    return result if isinstance(result, int) else exit_status.OK


def _other(error: Exception, *, debug: bool) -> int:
    """Errors of the command-line library are wrong usage; the rest are faults of ours."""
    from typer.exceptions import Abort, Exit, TyperException

    if isinstance(error, Exit):
        return error.exit_code
    if isinstance(error, Abort):  # what Typer makes of Ctrl-C
        _say("interrupted")
        return exit_status.INTERRUPTED
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer keeps the class to itself
        sys.stderr.write(f"{error}\n")
        return exit_status.USAGE
    if isinstance(error, TyperException):
        _say(error.format_message(), "cf525 COMMAND --help says what is right")
        return exit_status.USAGE
    if debug:
        raise error
    _say(
        f"internal fault ({type(error).__name__})",
        "repeat with --debug and report what it shows",
    )
    return exit_status.of_error(error)


def _say(message: str, hint: str = "") -> None:
    from cf525.cli.output import say

    say(message, hint)


if __name__ == "__main__":
    main()
