"""The files of docs/scale: what other programs run is what this one takes, and the token is given
to the reading alone."""

import ast
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hera.workflows.models import WorkflowTemplate

from cf525.lab.generated import generate
from cf525.lab.running import start
from tests.cli.commands import commands
from tests.cli.forked import CF525, ROOT
from tests.cli.test_command_line import environment
from tests.sources import parsed

pytestmark = pytest.mark.xdist_group("planned")

FOLDER = ROOT / "docs" / "scale"
FILES = sorted(each for each in FOLDER.iterdir() if each.is_file())
TOKEN = "CLOUDFLARE_API_TOKEN"


def kubernetes() -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text()))


def argo() -> Any:
    return yaml.safe_load((FOLDER / "argo.yaml").read_text())


def containers() -> Iterator[tuple[str, Any]]:
    """Every container of both, by the name of its stage."""
    for job in kubernetes():
        (container,) = job["spec"]["template"]["spec"]["containers"]
        yield container["name"], container
    for template in argo()["spec"]["templates"]:
        if "container" in template:
            yield template["name"], template["container"]


def texts(path: Path) -> Iterator[str]:
    """What a file makes a shell run."""
    if path.suffix == ".py":
        for node in ast.walk(parsed(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "cf525":
                words = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield " ".join(map(str, ("cf525", *words)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
        return
    for _, container in containers():
        yield from (each.replace("\\\n", " ") for each in container["args"])


def test_kubernetes_takes_the_jobs() -> None:
    jobs = kubernetes()
    assert [job["metadata"]["name"] for job in jobs] == ["cf525-read", "cf525-probe", "cf525-merge"]
    for job in jobs:
        kubernetes_validate.validate(job, "1.33", strict=True)
    spoiled = {**jobs[0], "spec": {**jobs[0]["spec"], "paralelism": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(spoiled, "1.33", strict=True)
    probing = jobs[1]["spec"]
    assert probing["completionMode"] == "Indexed"
    assert f"/{probing['completions']}" in str(probing["template"])


def test_argo_takes_the_workflow() -> None:
    made = WorkflowTemplate.model_validate(argo())
    back = json.loads(made.model_dump_json(by_alias=True, exclude_none=True))
    assert _leaves(argo()) <= _leaves(back)  # a name that its model does not know would be lost
    assert made.spec.templates is not None
    assert {each.name for each in made.spec.templates} == {"audit", "read", "probe", "merge"}


def _leaves(value: Any, at: str = "") -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_leaves(each, f"{at}.{name}") for name, each in value.items()))
    if isinstance(value, list):
        return set().union(*(_leaves(each, f"{at}[{n}]") for n, each in enumerate(value)))
    return {at}


def test_only_the_reading_has_the_token() -> None:
    given = {name: TOKEN in json.dumps(each) for name, each in containers()}
    assert given == {"read": True, "probe": False, "merge": False}
    for path in FILES:
        assert path.read_text().count(TOKEN) == 1, path.name


@pytest.mark.parametrize("path", FILES, ids=lambda each: each.name)
def test_every_option_is_one_of_its_command(path: Path) -> None:
    seen = set()
    for text in texts(path):
        for name, rest in re.findall(r"cf525 audit (read|probe|merge)\b([^;&|\n]*)", text):
            seen.add(name)
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest):
                assert option in commands()[f"cf525 audit {name}"], (path.name, option)
    assert seen == {"read", "probe", "merge"}


def test_the_jobs_do_what_they_say(tmp_path: Path) -> None:
    """Their own shell lines, one pod after the other, in place of eight shares two."""
    program = tmp_path / "bin" / "cf525"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(CF525)} "$@"\n')
    program.chmod(0o755)
    made = generate(3, 8)
    with start(made.world) as lab:
        full = environment(lab) | {"CF525_CACHE_DIR": str(tmp_path / "cache")}
        bare = {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        meant = {"CF525_CONNECT_TO": full["CF525_CONNECT_TO"]}  # as the lab's origins are reached
        pods = (each["spec"]["template"]["spec"]["containers"][0] for each in kubernetes())
        scripts = {each["name"]: each["args"][0] for each in pods}
        for name, number in (("read", 0), ("probe", 0), ("probe", 1), ("merge", 0)):
            script = scripts[name].replace("/audit/", f"{tmp_path}/").replace("/8", "/2")
            index = {"JOB_COMPLETION_INDEX": str(number)}
            given = (full if name == "read" else meant) | bare | index
            done = subprocess.run(
                ["sh", "-ec", script], env=given, cwd=tmp_path, capture_output=True, text=True
            )
            assert done.returncode == 0, (name, done.stderr)
    page = (tmp_path / "audit.html").read_text()
    assert all(host in page for host in made.truth)
    assert "sni-rejected-112" in page
