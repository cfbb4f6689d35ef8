"""Connections to real servers, recorded and played again byte for byte."""

from pathlib import Path

import pytest

from tests.tls.transcripts import DIRECTORY, Transcript, play, summary

PATHS = sorted(DIRECTORY.glob("*.json"))


def test_there_are_transcripts_of_every_server() -> None:
    servers = {path.stem.split("-")[0] for path in PATHS}
    assert servers >= {"apache", "caddy", "gnutls", "go", "haproxy", "java", "nginx", "openssl"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_transcript_plays_again_byte_for_byte(path: Path) -> None:
    transcript = Transcript.load(path)
    client, sent = play(transcript)
    assert sent == [value for kind, value in transcript.events if kind == ">"]
    assert summary(client.handshake()) == transcript.result


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_transcript_says_how_it_was_made(path: Path) -> None:
    assert Transcript.load(path).made
