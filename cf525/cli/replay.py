"""``cf525 replay``: judge a saved transcript again, without a network."""

from pathlib import Path
from typing import Annotated

import typer

from cf525.cli import exit_status, eyes
from cf525.cli import options as opt
from cf525.cli.output import Format, write_report


def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What diagnose --save-transcript wrote.")
    ],
    at: opt.AtOption = None,
    pcap: eyes.PcapOption = None,
    form: opt.FormatOption = Format.TEXT,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    verbose: opt.VerboseOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Judge again what was recorded. Nothing is sent; the verdict is as of the recording."""
    del debug  # read by the entry point
    from cf525.cli.run import run
    from cf525.jobs import replay as transcript

    kept = transcript.load(file)
    if pcap is not None:
        eyes.save(kept, None, pcap)
    report = run(transcript.replay(kept, at=opt.moment(at)))
    write_report(report, form=form, output=output, color=not no_color, verbose=verbose)
    return exit_status.of_report(report)
