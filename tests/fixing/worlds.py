"""A world whose edge works, and ``cf525 fix`` run against it as a person runs it."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cf525.lab.demo import environment
from cf525.lab.running import Lab, start
from cf525.lab.world import ALL, Origin, Record, Rule, Token, World, Zone
from cf525.lab.writes import EDIT
from tests.cli import forked

HOST = "www.example.com"
ADDRESS = "203.0.113.7"
READ = Token(value="read-only-token-0123456789")
WRITE = Token(value="fix-token-9876543210abcdef", permissions=ALL | EDIT)
OTHERS = Rule(
    expression='http.host eq "shop.example.com"', parameters={"ssl": "off"}, description="theirs"
)


def world(
    origins: Mapping[str, Origin] | None = None, *, token: Token = WRITE, **of_zone: Any
) -> World:
    """One zone in Full (strict) with one host whose certificate has ended, and other people's
    rule; ``of_zone`` changes the zone."""
    zone = Zone(
        name="example.com",
        settings={"ssl": "strict"},
        records=(Record(type="A", name=HOST, content=ADDRESS),),
        config_rules=(OTHERS,),
    )
    expired = {
        f"{ADDRESS}:443": Origin(kind="tls", options={"names": (HOST,), "certificate": "expired"}),
        f"{ADDRESS}:80": Origin(kind="refused"),
    }
    return World(
        tokens=(READ, token),
        zones=(replace(zone, **of_zone),),
        origins=origins if origins is not None else expired,
        edge_fetches=True,
    )


@dataclass
class Bench:
    """The running world, and a folder that is this person's home; what is empty in ``extra`` is not
    set."""

    lab: Lab
    home: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> Zone:
        return self.lab.state.world.zones[0]

    @property
    def journal(self) -> Path:
        return self.home / "state" / "cf525" / "fix"

    def environment(self) -> dict[str, str]:
        lines = environment(self.lab).splitlines()
        pairs = (line.removeprefix("export ").split("=", 1) for line in lines if "export" in line)
        known = {
            **{name: value.strip("'") for name, value in pairs},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "CLOUDFLARE_API_TOKEN": READ.value,
            "CLOUDFLARE_FIX_TOKEN": WRITE.value,
            "NO_PROXY": "*",
            **self.extra,
        }
        return {name: value for name, value in known.items() if value}

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """``cf525 fix`` with these arguments; a file's name is one in the home folder."""
        named = [str(self.home / each) if each.endswith(".json") else each for each in arguments]
        return forked.run(["fix", *named], {**self.environment(), **changes}, 120)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--format", "json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@contextmanager
def bench(one: World, home: Path) -> Iterator[Bench]:
    with start(one) as lab:
        yield Bench(lab, home)
