"""Recorded connections: the file format, and how one is played again.

A transcript holds the seed of the client's randomness, what it offered, and every byte that
went either way. Because the engine draws no randomness of its own, playing the server's bytes
again must give the client's bytes again, and the same result. ``record_transcripts`` makes
them; only certificates made for the purpose are in them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.model import Ending, PostQuantum
from cf525.tls import Handshake, TlsClient, profiles
from tests.tls.conftest import seeded

DIRECTORY: Final = Path(__file__).parents[2] / "fixtures" / "transcripts"

PROFILES: Final[dict[str, Callable[[], ClientProfile]]] = {
    "cloudflare/supported": cloudflare,
    "cloudflare/preferred": lambda: cloudflare(PostQuantum.PREFERRED),
    "cloudflare/off": lambda: cloudflare(PostQuantum.OFF),
    "http/1.1": lambda: replace(cloudflare(), alpn=("http/1.1",)),
    "h2": lambda: replace(cloudflare(), alpn=("h2",)),
    "permissive13": profiles.permissive13,
    "legacy": profiles.legacy,
    "ssl3": profiles.ssl3,
}


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """``events`` are in order: ``>`` client's bytes, ``<`` server's, ``!`` application data the
    caller gave, ``x`` how the connection was closed."""

    made: str
    profile: str
    seed: str
    server_name: str | None
    events: tuple[tuple[str, str], ...]
    result: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> "Transcript":
        fields = json.loads(path.read_text())
        fields["events"] = tuple((kind, value) for kind, value in fields["events"])
        return cls(**fields)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.__dict__, indent=1) + "\n")

    def client(self) -> TlsClient:
        return TlsClient(PROFILES[self.profile](), self.server_name, random=seeded(self.seed))


def play(transcript: Transcript) -> tuple[TlsClient, list[str]]:
    """The client at the end, and the bytes it sent at each point where it sent some."""
    client = transcript.client()
    client.start(0.0)
    sent = []
    for turn, (kind, value) in enumerate(transcript.events):
        if kind == ">":
            sent.append(client.data_to_send().hex())
        elif kind == "<":
            client.receive(bytes.fromhex(value), float(turn))
        elif kind == "!":
            client.send(bytes.fromhex(value), float(turn))
        else:
            client.peer_closed(Ending(value), float(turn))
    return client, sent


def summary(seen: Handshake) -> dict[str, Any]:
    """What a transcript's result is compared by."""
    hello = seen.server_hello
    request = seen.certificate_request
    return {
        "stage": seen.stage,
        "ending": seen.ending,
        "detail": seen.detail,
        "version": hello and hello.version,
        "suite": hello and hello.suite,
        "group": hello and hello.group,
        "signature_scheme": hello and hello.signature_scheme,
        "retried": bool(hello and hello.hello_retry_request),
        "alpn": hello and hello.alpn,
        "alerts": [[each.direction, each.level, each.description] for each in seen.alerts],
        "certificates": len(seen.certificates),
        "authorities": None if request is None else len(request.authorities),
        "key_proof": seen.key_proof,
        "stapled_ocsp": seen.stapled_ocsp is not None,
        "session_ticket": seen.session_ticket,
        "notes": [note.code for note in seen.notes],
        "plaintext": seen.plaintext and seen.plaintext.kind,
    }
