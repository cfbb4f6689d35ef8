"""Cloudflare's Rules language: does a rule apply to a target, does it not, or does it depend?

``holds(expression, facts(target, zone))`` is all that the layers above need. Nothing here reads
the API.
"""

from cf525.account.expression.evaluate import Answer, Facts, Truth, holds
from cf525.account.expression.functions import wildcard_groups
from cf525.account.expression.request import facts

__all__ = ["Answer", "Facts", "Truth", "facts", "holds", "wildcard_groups"]
