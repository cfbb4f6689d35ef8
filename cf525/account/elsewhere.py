"""Rules that treat other paths of the same host otherwise than the one that was asked for.

A rule on a path answers for its URLs alone, and a diagnosis of another URL says nothing of them.
From each rule a path is taken that it may be about; where the edge would treat that URL otherwise,
one line says so. Nothing here reads anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cf525.account.expression import Facts, Truth, facts, holds
from cf525.account.expression.evaluate import walk
from cf525.account.expression.syntax import Call, Compare, Field, Literal, Member, Node, parse
from cf525.account.readings import ReadResult
from cf525.account.rules import apply_rules, page_rules, rule_name, ruleset
from cf525.account.treatment import Treatment, Treatments, base_plan
from cf525.edge.budget import OverBudget, at_hand
from cf525.edge.modes import mode_name
from cf525.model import Target, Unknown
from cf525.patterns import lazy_pattern

MOST_TRIED: Final = 24
MOST_TOLD: Final = 4
_PLAIN: Final = lazy_pattern(r"/[A-Za-z0-9/_.~%-]*")
_SPECIAL: Final = lazy_pattern(r"[.*+?()\[\]{}|\\^$]")


def rules_elsewhere(
    plans: Treatments, target: Target, read: Mapping[str, ReadResult], known: Facts
) -> list[Unknown]:
    """One line for each path that a rule is about and that is treated otherwise."""
    lines = _told(plans, target, read, known)
    left = at_hand()
    if left is None or not left.empty:
        return lines
    text = "Whether rules treat other paths of this host otherwise takes too long to work out."
    return [Unknown(id="rule-on-a-path", text=text, next="Diagnose the exact URL that fails.")]


def _told(
    plans: Treatments, target: Target, read: Mapping[str, ReadResult], known: Facts
) -> list[Unknown]:
    asked = {plan.effect for plan in plans.plans}
    told: dict[tuple[object, ...], Unknown] = {}
    found: dict[str, str] = {}
    for path, shown in _paths(read):
        found.setdefault(path, shown)
    for path, shown in list(found.items())[:MOST_TRIED]:
        there = replace(target, path=path)
        others = apply_rules(base_plan(there, read), there, read, {**known, **_of_path(there)})
        for plan in others.plans:
            if plan.effect not in asked:
                told.setdefault(plan.effect, _line(shown, there, plan, plans.plans[0]))
                break
    lines = [*told.values(), *_unspelled(target, read, known)]
    if len(lines) > MOST_TOLD:
        more = f" {len(lines) - MOST_TOLD + 1} more rules on paths do so as well."
        lines = lines[:MOST_TOLD]
        lines[-1] = replace(lines[-1], text=lines[-1].text + more)
    return lines


def _unspelled(target: Target, read: Mapping[str, ReadResult], known: Facts) -> Iterator[Unknown]:
    """Rules that hold for some path of this host, of which none could be made up."""
    anywhere = {name: value for name, value in known.items() if not (name and "uri" in name)}
    rows = [(row, "Configuration Rule") for row in ruleset(read["config_rules"])]
    rows += [(row, "Origin Rule") for row in ruleset(read["origin_rules"])]
    for row, kind in rows:
        text = str(row.get("expression") or "")
        if holds(text, known).truth is not Truth.FALSE:
            continue
        if holds(text, anywhere).truth is Truth.FALSE:
            continue
        tried = (replace(target, path=path) for path, _ in _of_expression(text))
        if any(holds(text, {**known, **_of_path(each)}).truth is not Truth.FALSE for each in tried):
            continue
        yield Unknown(
            id="rule-on-a-path",
            text=f"{rule_name(kind, row)} is for other URLs of this host and may treat them "
            "otherwise.",
            next="Diagnose the exact URL that fails.",
        )


def _of_path(target: Target) -> Facts:
    """The fields that differ from URL to URL of one host."""
    return {name: value for name, value in facts(target, "").items() if name and "uri" in name}


def _paths(read: Mapping[str, ReadResult]) -> Iterator[tuple[str, str]]:
    """A path that each rule may be about, and how the rule names it."""
    for row in (*ruleset(read["config_rules"]), *ruleset(read["origin_rules"])):
        yield from _of_expression(row.get("expression"))
    for row in read["cloud_connector"].value or ():
        yield from _of_expression(row.get("expression"))
    for pattern in page_rules(read["page_rules"]):
        yield from _of_pattern(pattern.partition("://")[2] or pattern)


def _of_expression(text: Any) -> Iterator[tuple[str, str]]:
    try:
        node = parse(text) if isinstance(text, str) else None
    except OverBudget:
        node = None
    for each in walk(node) if node is not None else ():
        match each:
            case Compare(kind, left, Literal(str(value))) if _about_path(left):
                yield from _compared(kind, _without_host(value))
            case Call("starts_with", (of, Literal(str(value)))) if _about_path(of):
                yield from _rooted(_without_host(value), "*")
            case Call("ends_with", (of, Literal(str(value)))) if _about_path(of):
                yield f"/{value.lstrip('/')}", f"*{value}"
            case Member(of, items) if _about_path(of):
                for item in items:
                    if isinstance(item, Literal) and isinstance(item.value, str):
                        yield from _rooted(_without_host(item.value))


def _compared(kind: str, value: str) -> Iterator[tuple[str, str]]:
    if kind == "contains":
        yield f"/{value.lstrip('/')}", f"*{value}*"
    elif kind in ("wildcard", "strict wildcard"):
        yield from _of_pattern(value, rooted=True)
    elif kind == "matches":
        prefix = _SPECIAL.split(value.removeprefix("^"))[0]
        yield from _rooted(prefix, "...")
    else:
        yield from _rooted(value)


def _rooted(path: str, after: str = "") -> Iterator[tuple[str, str]]:
    if path.startswith("/") and (path != "/" or not after):
        yield path, path + after


def _of_pattern(pattern: str, *, rooted: bool = False) -> Iterator[tuple[str, str]]:
    """A URL with asterisks: what stands between them is enough of a path."""
    shown = pattern if rooted else f"/{pattern.partition('/')[2]}"
    path = "/" + shown.replace("*", "").lstrip("/")
    if path != "/":
        yield path, shown


def _about_path(node: Node) -> bool:
    return any(isinstance(each, Field) and "uri" in each.name for each in walk(node))


def _without_host(value: str) -> str:
    """The path of what may be a whole URL."""
    _, mark, rest = value.partition("://")
    return f"/{rest.partition('/')[2]}" if mark else value


def _line(shown: str, there: Target, plan: Treatment, asked: Treatment) -> Unknown:
    runnable = _PLAIN.fullmatch(there.path) is not None
    command = f" (cf525 diagnose {there.url})" if runnable else ""
    return Unknown(
        id="rule-on-a-path",
        text=f"Requests for {shown} go another way: {_differs(plan, asked)}{command}.",
        next="Diagnose the exact URL that fails.",
    )


def _differs(plan: Treatment, asked: Treatment) -> str:
    """What is otherwise there, as 'port 8443, mode Full'."""
    values: Iterable[tuple[str, Any, Any]] = (
        ("mode", plan.mode, asked.mode),
        ("port", plan.port, asked.port),
        ("origin", plan.origin, asked.origin),
        ("Host", plan.host, asked.host),
        ("SNI", plan.sni, asked.sni),
    )
    parts = []
    for name, now, before in values:
        if (now and now.value) == (before and before.value):
            continue
        value = "as by default" if now is None else now.value
        parts.append(f"{name} {mode_name(value) if name == 'mode' else value}")
    return ", ".join(parts)
