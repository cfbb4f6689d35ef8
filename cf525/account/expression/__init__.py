"""Cloudflare's Rules language: does a rule apply to a target, does it not, or does it depend?

``holds(expression, facts(target, zone))`` is all that the layers above need. Nothing here reads
the API.
"""

from cf525.account.expression.evaluate import Answer, Facts, Truth, holds, of_a_run
from cf525.account.expression.functions import wildcard_groups
from cf525.account.expression.request import ANYBODY, Visitor, facts

__all__ = [
    "ANYBODY",
    "Answer",
    "Facts",
    "Truth",
    "Visitor",
    "facts",
    "holds",
    "of_a_run",
    "wildcard_groups",
]
