"""What a target tells about the visitor's request, as fields of the Rules language.

Only what every visitor of that URL shares: host, scheme, port, path and query. Address, method,
headers and country differ from visitor to visitor and stay unknown.

Source: developers.cloudflare.com/ruleset-engine/rules-language/fields/reference.
"""

from urllib.parse import parse_qsl

from cf525.account.expression.evaluate import Facts, Unknown
from cf525.model import Target


def facts(target: Target, zone: str) -> Facts:
    """The fields known for ``target`` in the zone of that name."""
    path, _, query = target.path.partition("?")
    name = path.rpartition("/")[2]
    arguments: dict[str, list[str]] = {}
    pairs = parse_qsl(query, keep_blank_values=True)
    for key, value in pairs:
        arguments.setdefault(key, []).append(value)
    known = {
        "http.host": target.host,
        "ssl": target.scheme == "https",
        "cf.edge.server_port": target.port,
        "cf.zone.name": zone,
        "http.request.full_uri": target.url,
        "http.request.uri": target.path,
        "http.request.uri.path": path,
        "http.request.uri.path.extension": name.rpartition(".")[2].lower() if "." in name else "",
        "http.request.uri.query": query,
        "http.request.uri.args": arguments,
        "http.request.uri.args.names": [key for key, _ in pairs],
        "http.request.uri.args.values": [value for _, value in pairs],
        "http.request.headers": {
            "host": [target.host],
            None: Unknown(frozenset({"http.request.headers"})),
        },
    }
    for field in ("full_uri", "uri", "uri.path", "uri.query"):
        known[f"raw.http.request.{field}"] = known[f"http.request.{field}"]
    return known
