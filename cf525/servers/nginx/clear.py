"""What nginx answers to a request in clear: redirects to HTTPS."""

from cf525.servers.nginx.model import (
    Server,
)
from cf525.servers.tree import Directive


def redirect(server: Server) -> tuple[Directive, bool] | None:
    """The redirect to HTTPS that a request for / meets, and whether it is sure."""
    for scope in (server.directive, *root_locations(server.directive)):
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


def root_locations(server: Directive) -> list[Directive]:
    """The locations of a request for /, the one that is taken first."""
    found = [each for each in server.all("location") if each.args in (("/",), ("=", "/"))]
    return sorted(found, key=lambda each: len(each.args), reverse=True)
