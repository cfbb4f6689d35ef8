"""Page Rules, Configuration Rules, Origin Rules and Cloud Connector, applied to a request.

In the order in which the edge lets one beat the other: a later one wins, property by property.
Rules whose match is not certain branch the plans. Nothing here reads anything.

Sources: developers.cloudflare.com/rules (page-rules, configuration-rules/settings,
origin-rules/features, cloud-connector) and the products' execution order.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from cf525.account.expression import Answer, Facts, Truth, holds, wildcard_groups
from cf525.account.readings import ALWAYS_HTTPS, ReadResult
from cf525.account.settings import Decided, setting
from cf525.account.treatment import Treatment, Treatments
from cf525.model import Certainty, Provenance, Target, Unknown

Row = Mapping[str, Any]

_CERTAIN: Final = Answer(Truth.TRUE)
_S3_WEBSITE: Final = "s3-website"


def apply_rules(
    plan: Treatment, target: Target, read: Mapping[str, ReadResult], facts: Facts
) -> Treatments:
    """Every plan that may hold for ``target`` once all rules have been looked at."""
    plans = _page_rule(Treatments((plan,)), target, read["page_rules"])
    for row in ruleset(read["config_rules"]):
        plans = _configuration_rule(plans, row, facts)
    for row in ruleset(read["origin_rules"]):
        plans = _origin_rule(plans, row, facts)
    for row in read["cloud_connector"].value or ():
        plans = _connector_rule(plans, row, facts)
    return plans


def ruleset(outcome: ReadResult) -> list[Row]:
    """The enabled rules of an entry point ruleset; none when there is no ruleset."""
    rules = outcome.value.get("rules") if isinstance(outcome.value, Mapping) else None
    if not isinstance(rules, list):
        return []
    return [row for row in rules if isinstance(row, Mapping) and row.get("enabled") is not False]


def page_rules(outcome: ReadResult) -> list[str]:
    """The URL patterns of the active Page Rules."""
    return [_pattern(row) for row in outcome.value or () if row.get("status") == "active"]


def url_matches(pattern: str, target: Target) -> bool:
    """Whether a Page Rule's or Worker route's URL pattern covers the target.

    Without a scheme it covers both; without a path, only the root. Hosts ignore case.
    """
    scheme, mark, rest = pattern.partition("://")
    if not mark:
        scheme, rest = target.scheme, pattern
    host, slash, path = rest.partition("/")
    covers_all = not slash and host.endswith("*")
    path = path if slash else ("*" if covers_all else "")
    authority = target.url.partition("://")[2].partition("/")[0]
    if ":" not in host:
        authority = target.host  # a pattern without a port is for every port
    return (
        wildcard_groups(scheme.lower(), target.scheme, strict=True) is not None
        and wildcard_groups(f"{host.lower()}/{path}", authority + target.path, strict=True)
        is not None
    )


def redirect_unknown(target: Target, read: Mapping[str, ReadResult]) -> Unknown | None:
    """What answers this URL at the edge with a redirect, so that no origin is asked at all."""
    row = _matching_page_rule(target, read["page_rules"])
    actions = {} if row is None else _actions(row)
    plain = target.scheme == "http"
    if row is not None and (
        "forwarding_url" in actions or (plain and "always_use_https" in actions)
    ):
        by = _page_rule_name(row)
    elif plain and setting(read[ALWAYS_HTTPS.id]) == "on":
        by = "Always Use HTTPS"
    else:
        return None
    return Unknown(
        id="redirected-at-edge",
        text=f"{by} redirects this URL at the edge; the origin is not asked for it.",
        next="Give the URL that visitors end up at.",
    )


def _page_rule(plans: Treatments, target: Target, outcome: ReadResult) -> Treatments:
    """Only the matching rule of the highest priority acts."""
    row = _matching_page_rule(target, outcome)
    if row is None:
        return plans
    why = _why(_page_rule_name(row), row)
    actions = _actions(row)

    def change(plan: Treatment) -> Treatment:
        if isinstance(mode := actions.get("ssl"), str):
            plan = replace(plan, mode=Decided(mode, why))
        if isinstance(host := actions.get("host_header_override"), str):
            plan = replace(plan, host=Decided(host.lower(), why), host_overridden=True)
        if isinstance(origin := actions.get("resolve_override"), str):
            plan = replace(plan, origin=Decided(origin.lower(), why))
        return plan

    return plans.branch(_CERTAIN, _page_rule_name(row), change)


def _matching_page_rule(target: Target, outcome: ReadResult) -> Row | None:
    matching = [
        row
        for row in outcome.value or ()
        if row.get("status") == "active" and url_matches(_pattern(row), target)
    ]
    return max(matching, key=_priority, default=None)


def _priority(row: Row) -> int:
    value = row.get("priority")
    return value if isinstance(value, int) else 0


def _pattern(row: Row) -> str:
    try:
        return str(row["targets"][0]["constraint"]["value"])
    except (LookupError, TypeError):
        return ""


def _page_rule_name(row: Row) -> str:
    return f"Page Rule {_pattern(row)}"


def _actions(row: Row) -> dict[str, Any]:
    listed = row.get("actions")
    if not isinstance(listed, list):
        return {}
    return {str(each.get("id")): each.get("value") for each in listed if isinstance(each, Mapping)}


def _configuration_rule(plans: Treatments, row: Row, facts: Facts) -> Treatments:
    mode = _parameters(row).get("ssl")
    if row.get("action") != "set_config" or not isinstance(mode, str):
        return plans
    why = _why(rule_name("Configuration Rule", row), row, Certainty.INFERRED)
    return plans.branch(
        _answer(row, facts),
        rule_name("Configuration Rule", row),
        lambda plan: replace(plan, mode=Decided(mode, why)),
    )


def _origin_rule(plans: Treatments, row: Row, facts: Facts) -> Treatments:
    if row.get("action") != "route":
        return plans
    why = _why(rule_name("Origin Rule", row), row)
    given = _parameters(row)
    origin, sni = _mapping(given.get("origin")), _mapping(given.get("sni"))

    def change(plan: Treatment) -> Treatment:
        if isinstance(host := given.get("host_header"), str):
            plan = replace(plan, host=Decided(host.lower(), why), host_overridden=True)
        if isinstance(name := sni.get("value"), str):
            plan = replace(plan, sni=Decided(name.lower(), why))
        if isinstance(address := origin.get("host"), str):
            plan = replace(plan, origin=Decided(address.lower().rstrip("."), why))
        port = origin.get("port")
        if isinstance(port, int) and 1 <= port <= 65535:
            plan = replace(plan, port=Decided(port, why))
        return plan

    return plans.branch(_answer(row, facts), rule_name("Origin Rule", row), change)


def _connector_rule(plans: Treatments, row: Row, facts: Facts) -> Treatments:
    """Sends the request to an object store: evaluated last, beating all before."""
    bucket = _mapping(row.get("parameters")).get("host")
    if row.get("enabled") is False or not isinstance(bucket, str):
        return plans
    name = rule_name("Cloud Connector rule", row)
    why = _why(f"{name} ({row.get('provider')})", row)
    chosen = Decided(bucket.lower(), why)

    def change(plan: Treatment) -> Treatment:
        plan = replace(plan, origin=chosen, host=chosen, host_overridden=True, sni=None, port=None)
        plan = replace(plan, connector=str(row.get("provider") or "an object store"))
        if _S3_WEBSITE in chosen.value:
            plan = replace(plan, mode=Decided("flexible", why))
        return plan

    return plans.branch(_answer(row, facts), name, change)


def _answer(row: Row, facts: Facts) -> Answer:
    return holds(str(row.get("expression") or ""), facts)


def _parameters(row: Row) -> Row:
    return _mapping(row.get("action_parameters"))


def _mapping(value: Any) -> Row:
    return value if isinstance(value, Mapping) else {}


def rule_name(kind: str, row: Row) -> str:
    """The rule in words: by its description, or else by its id."""
    description = row.get("description")
    return f'{kind} "{description}"' if description else f"{kind} {row.get('id')}"


def _why(detail: str, row: Row, certainty: Certainty = Certainty.DOCUMENTED) -> Provenance:
    return Provenance(
        source="api", detail=detail, reference=str(row.get("id") or ""), certainty=certainty
    )
