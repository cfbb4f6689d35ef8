"""What nginx answers to the request itself, as far as it decides over the status: redirects to
HTTPS, and closes.
"""

from cf525.servers.nginx.model import (
    Server,
)
from cf525.servers.tree import Directive


def closes(server: Server) -> Directive | None:
    """The ``return 444`` that a request for / meets."""
    for scope in (server.directive, *_root_locations(server.directive)):
        for each in scope.all("return"):
            return each if each.argument() == "444" else None
    return None


def redirect(server: Server) -> tuple[Directive, bool] | None:
    """The redirect to HTTPS that a request for / meets, and whether it is sure."""
    for scope in (server.directive, *_root_locations(server.directive)):
        for each in scope.all("return", "rewrite"):
            if _to_https(each):
                return each, True
        for block in scope.all("if"):
            inner = next((each for each in block.all("return", "rewrite") if _to_https(each)), None)
            if inner is None:
                continue
            test = " ".join(block.args)
            if "http_x_forwarded_proto" in test or "http_cf_visitor" in test:
                continue
            return inner, "$scheme" in test
    return None


def _to_https(each: Directive) -> bool:
    return any(value.lower().startswith("https://") for value in each.args)


def _root_locations(server: Directive) -> list[Directive]:
    found = [each for each in server.all("location") if each.args in (("/",), ("=", "/"))]
    return sorted(found, key=lambda each: len(each.args), reverse=True)
