"""A finding whose cure stands in the very file that was read: what is said of it then.

Takes the place of the page's fixes at the origin, which would have somebody renew, reissue or
fetch what is there already. What mends the chain was found by ``pki.within``.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.model import ChainVerdict, Evidence, Finding, KeyProof, Remedy, Shell, Words
from cf525.pki.certificate import Malformed, parse
from cf525.pki.pem import Damage
from cf525.pki.within import Entry, Mending

_COPY: Final = (
    "Copy the file again from where it was issued, as bytes and not through an editor, a chat or a "
    "YAML value: every certificate begins and ends with a line of its own."
)
_WITH_KEY: Final = {
    KeyProof.PROVED: "The private key that was given is its own.",
    KeyProof.FAILED: "The private key that was given is another's: load it with its own.",
    KeyProof.UNKNOWN: "Load it with its own private key, not with the old one's.",
}
_NOTHING: Final = "Nothing has to be renewed, issued or fetched."


def told(
    finding: Finding, mending: Mending, verdict: ChainVerdict, odd: Sequence[Damage]
) -> Finding:
    """The finding with what mends it in the file, in the place of all other fixes at the origin."""
    if finding.contributing:
        return finding
    proofs, words, commands = _unread(mending, odd) if mending.unread else _moved(mending, verdict)
    parts = (Words(text=words), *((Shell(commands=commands),) if commands else ()))
    fix = Remedy(where="origin", platform="any", parts=parts)
    kept = tuple(each for each in finding.remedies if each.stop_gap)
    evidence = (*map(_proof, proofs), *finding.evidence)
    if not mending.unread:
        evidence = (*finding.evidence, *map(_proof, proofs))
    return replace(finding, evidence=evidence, remedies=(fix, *kept))


def _proof(text: str) -> Evidence:
    return Evidence(text=text)


_Told = tuple[list[str], str, tuple[str, ...]]
"""Proofs, what to do in words, and the commands that do it."""


def _unread(mending: Mending, odd: Sequence[Damage]) -> _Told:
    lines = {each.first for each in mending.unread}
    damages = [each for each in odd if each.unread and each.line in lines]
    first = mending.unread[0]
    proofs = [f"{first.file}, line {each.line}: {each.text}" for each in damages]
    words = (
        f"The certificate that is missing stands in the file, and servers pass over it: "
        f"{_Named(mending)(first)}. {_COPY}"
    )
    return proofs, words, ()


def _moved(mending: Mending, verdict: ChainVerdict) -> _Told:
    leaf, gone = mending.order[0], mending.deleted[:1]
    valid = leaf if mending.other_leaf else _in_place_of(gone, mending.order)
    named = _Named(mending)
    steps = []
    if mending.deleted:
        steps.append(f"Delete {named(*mending.deleted)}")
    if mending.moved:
        steps.append(f"{'put' if steps else 'Put'} {named(leaf)} first")
    words = " and ".join(steps)
    if valid is not None:
        words += f": the valid one is already in this file, {named(valid)}."
    else:
        words += ": the chain is accepted without it."
    if mending.other_leaf:
        words += f" {_WITH_KEY[mending.key]}"
    proof = f"{leaf.file}: of its own certificates {_listed(mending.order)} make a chain that holds"
    return [proof], f"{words} {_NOTHING}", tuple(_commands(mending, verdict))


def _in_place_of(gone: Sequence[Entry], order: Sequence[Entry]) -> Entry | None:
    """The one that stays and bears the same name."""
    wanted = _subject(gone[0]) if gone else ""
    return next((each for each in order if wanted and _subject(each) == wanted), None)


def _subject(entry: Entry) -> str:
    try:
        return str(parse(entry.content).subject)
    except Malformed:
        return ""


def _commands(mending: Mending, verdict: ChainVerdict) -> Iterator[str]:
    """Where all of it is one file: what makes the mended one beside it, and asks again."""
    names = {each.file for each in (*mending.order, *mending.deleted)}
    name = names.pop()
    if names or name == "-" or not name.isprintable():
        return
    file = shlex.quote(name)
    if mending.moved:
        parts = (f"sed -n '{each.first},{each.last}p' {file}" for each in mending.order)
        yield f"{{ {'; '.join(parts)}; }} > mended.pem"
    else:
        gone = " ".join(f"-e '{each.first},{each.last}d'" for each in mending.deleted)
        yield f"sed {gone} {file} > mended.pem"
    if verdict.names:
        yield f"cf525 verify mended.pem --host {shlex.quote(verdict.names[0])}"


class _Named:
    """Blocks in words: with their file where it is not the only one."""

    def __init__(self, mending: Mending) -> None:
        entries = (*mending.order, *mending.deleted)
        self.several = len({each.file for each in entries}) > 1

    def __call__(self, *entries: Entry) -> str:
        return " and ".join(map(self._one, entries))

    def _one(self, entry: Entry) -> str:
        where = f" of {entry.file}" if self.several else ""
        return f"block {entry.block}{where} (lines {entry.first}-{entry.last})"


def _listed(entries: Sequence[Entry]) -> str:
    return ", ".join(str(each.block) for each in entries)
