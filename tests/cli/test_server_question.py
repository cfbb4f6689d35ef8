"""The question which server it is, on a terminal: what was found is said before, and never lost."""

import os
import pty

import pytest

from cf525.lab.running import Lab
from tests.cli.forked import CF525
from tests.cli.test_command_line import environment


def typed(answer: bytes, lab: Lab, *, columns: str) -> tuple[str, int]:
    """What the terminal shows where the question is answered so, and the exit status."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(environment(lab) | {"COLUMNS": columns, "TERM": "dumb"})
        command = [*CF525, "diagnose", "expired.example.com", "--no-edge", "--no-fetch"]
        os.execvp(command[0], command)
    told, answered = b"", False
    while True:
        try:
            told += os.read(terminal, 65_536)
        except OSError:  # the child is gone
            break
        if not answered and b"skips)" in told:
            os.write(terminal, answer)
            answered = True
    os.close(terminal)
    assert answered, told
    return told.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(("answer", "status"), [(b"\x03", 130), (b"\x04", 1), (b"\n", 1)])
def test_whatever_is_answered_the_diagnosis_is_told(answer: bytes, status: int, lab: Lab) -> None:
    told, ended = typed(answer, lab, columns="80")
    before, _, after = told.partition("Which server is it?")
    assert "526" in before
    assert " WHY " in after
    assert " FIX " in after
    assert ended == status


def test_the_question_is_wrapped_between_words(lab: Lab) -> None:
    told, _ = typed(b"\n", lab, columns="50")
    lines = told.replace("\r", "").split("\n")
    first = next(number for number, each in enumerate(lines) if "Which server" in each)
    assert max(len(each) for each in lines[first : first + 2]) <= 50
    assert "skips)" in "".join(lines[first : first + 3])
