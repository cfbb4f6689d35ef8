"""Serves a generated world until its standard input ends: a process of its own, so that it does
not compete with the audit for one interpreter. Prints what the audit needs as one line of JSON.

Usage: python -m tests.audit.serve_world ZONES HOSTS [key=value ...]
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from cf525.lab.api import Fault
from cf525.lab.generated import generate
from cf525.lab.running import start


def main(arguments: list[str]) -> None:
    """Serve. Lines on standard input are faults as JSON, or ``{"clear": true}``."""
    given: dict[str, Any] = {key: json.loads(value) for key, value in _pairs(arguments[2:])}
    latency = given.pop("latency", 0.0)
    made = generate(int(arguments[0]), int(arguments[1]), **given)
    with start(made.world, api_latency=latency) as lab:
        told = {
            "api_base": lab.api_base,
            "resolver": list(lab.resolver),
            "trust": str(lab.trust),
            "connect_to": [
                [rule.host, rule.port, rule.to_host, rule.to_port] for rule in lab.connect_to
            ],
        }
        print(json.dumps(told), flush=True)
        for line in sys.stdin:
            command: Mapping[str, Any] = json.loads(line)
            if "asked" in command:
                print(json.dumps(sum(lab.state.asked.values())), flush=True)
                continue
            if "most" in command:
                print(json.dumps(max(each.most for each in lab.origins.values())), flush=True)
                continue
            faults = tuple(Fault(**each) for each in command["faults"])
            lab.state.faults = faults
            lab.state.hits.clear()
            print("{}", flush=True)


def _pairs(arguments: list[str]) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (each.partition("=") for each in arguments)]


if __name__ == "__main__":
    main(sys.argv[1:])
