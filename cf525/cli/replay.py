"""``cf525 replay``: judge a saved transcript again, without a network."""

from pathlib import Path
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.judging import Moment
from cf525.cli.options.looking import Capture
from cf525.cli.options.output import DiagnosisOutput


@grouped
def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What diagnose --save-transcript wrote.")
    ],
    moment: Moment,
    capture: Capture,
    results: DiagnosisOutput,
) -> int:
    """Judge again what was recorded. Nothing is sent; the verdict is as of the recording."""
    from cf525.cli.run import run
    from cf525.jobs import replay as transcript

    kept = transcript.load(file)
    at = moment.moment
    destination = results.destination()
    capture.save(kept, force=results.force)
    report = run(transcript.replay(kept, at=at))
    destination.write(report)
    return exit_status.of_report(report)
