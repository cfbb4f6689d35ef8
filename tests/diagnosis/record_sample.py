"""``python -m tests.diagnosis.record_sample``: record the transcript that the tests damage."""

import asyncio
from dataclasses import replace

from cf525.jobs import replay as transcript
from cf525.lab.running import start
from cf525.lab.scenarios import WORLD
from cf525.model.parsing import parse_target
from tests.diagnosis.test_transcript import SAMPLE


def main() -> None:
    """One broken certificate, its three probes and a visit that found no edge."""
    with start(WORLD) as lab:
        options = replace(lab.options(), edge=True)
        job = transcript.recorded(parse_target("expired.example.com"), options)
        _, kept = asyncio.run(job)
    SAMPLE.parent.mkdir(exist_ok=True)
    SAMPLE.write_text(transcript.to_text(kept), "utf-8")


if __name__ == "__main__":
    main()
