"""Which texts of a report somebody else wrote: an origin, a resolver, or who edits an account.

A certificate, a header or a CNAME's target is a stranger's whole. Sentences about the account are
ours around names of theirs; all in them that is not plainly a phrase of ours is taken for theirs.
Pure.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cf525.model import Observation, Report
from cf525.model.renewal import Renewal
from cf525.model.route import Route
from cf525.patterns import lazy_pattern
from cf525.pki import certificate, der, extensions

_OUR_PHRASES: Final = (
    *("load balancer rule", "load balancer", "pool set", "of pool", "pool", "endpoint", "monitor"),
    *("takes any certificate", "allow_insecure", "stands by", "it serves once", "has weight 0"),
    *("that is raised", "A record", "AAAA record", "CNAME record", "to", "proxied", "DNS only"),
    *(
        "does not resolve",
        "could not be resolved",
        "Page Rule",
        "Origin Rule",
        "Configuration Rule",
    ),
    *(
        "Cloud Connector",
        "zone setting",
        "on port",
        "Flexible acts as Full",
        "follows the Host header",
    ),
    *(
        "sets the origin",
        "sets the port",
        "sets the SNI",
        "sets the mode",
        "sets",
        "and the origin",
    ),
    *(
        "and the port",
        "and the SNI",
        "and the mode",
        "the Host header",
        "and",
        "matches",
        "does not match",
    ),
    *("depends on", "visitors of", "tunnel", "healthy", "degraded", "inactive", "down", "the zone"),
    *(
        "in the zone",
        "fallback origin",
        "of",
        "custom hostname",
        "custom origin",
        "is on",
        "is off",
    ),
    *(
        "has no custom origin",
        "there is no fallback",
        "the Worker",
        "runs before it",
        "Cloudflare says",
    ),
    *("Cloudflare Trace of this URL", "Custom Origin Trust Store", "certificates", "certificate"),
    *(
        "of them ended",
        "Authenticated Origin Pulls of the hostname",
        "the account's setting",
        "the",
    ),
    *("DNS gives visitors the origin's address", "is", "on", "off", "full", "strict", "flexible"),
    *("origin_pull", "ssl", "global", "none", "active", "pending", "for", "rule", "by", "or"),
    *("Full (strict)", "Full", "Flexible", "Strict", "SSL-Only Origin Pull", "Off", "not secure"),
    *("Authenticated Origin Pulls", "empty", "supported", "preferred", "paused", "moved"),
    *("aws_s3", "gcp_storage", "azure_storage", "is assumed", "the setting was not read"),
    *("origin_max_http_version", "origin_post_quantum_encryption", "tls_client_auth"),
    *("origin_tls_compliance_modes",),
)
"""What our sentences about the account are made of. A phrase that is forgotten here is marked with
the names beside it: needless, and no harm."""
_OURS: Final = lazy_pattern(
    r"(?<![\w.\\-])(?:"
    + "|".join(re.escape(each) for each in sorted(_OUR_PHRASES, key=len, reverse=True))
    + r")(?![\w\\-]|\.\w)|[→;()]|, |: "
)
_QUOTED: Final = lazy_pattern(r"(?s)(?<!\w)[\"'](.+)[\"'](?!\w)")
_NAME: Final = lazy_pattern(r"\S*(?:\\|[\w)]\.[\w(])\S*")
"""A name, a URL, a pattern: what has a dot or a backslash within it."""
_KNOWN: Final = lazy_pattern(r"[\W]*(?:(?:dash\.|www\.)?cloudflare\.com(?:/[\w/-]*)?|e\.g)[\W]*")


def foreign_texts(report: Report) -> Iterator[str]:
    """Every text of the report that somebody else wrote."""
    for seen in report.observations:
        yield from _written_by_origin(seen)
    for verdict in report.chain_verdicts:
        for facts in verdict.certificates:
            yield from (facts.subject, facts.issuer, facts.common_name, *facts.dns_names)
        yield from verdict.path
    for route in report.routes:
        yield from _of_route(route)
    if report.insight is not None:
        for change in report.insight.changes:
            yield from (change.what, change.who, change.old, change.new)
        for health in report.insight.health:
            yield from (health.name, health.reason, *_theirs(health.name))
        yield from (*report.insight.colos, *report.insight.origins)
    if report.renewal is not None:
        yield from _of_renewal(report.renewal)
    if report.visit is not None:
        yield from (report.visit.detail, report.visit.error_type, report.visit.colo)
    if report.zone is not None:
        yield report.zone.name
    for unknown in report.unknowns:
        yield from _named((unknown.text, unknown.next))
    yield from _named(report.errors)


def quoted_in(sentence: str) -> Iterator[str]:
    """What a sentence of ours repeats of somebody's between quotes."""
    yield from _QUOTED.findall(sentence)


def _of_route(route: Route) -> Iterator[str]:
    yield from (route.sni or "", route.host_header, *route.accepted_names)
    if route.ingress is not None:
        yield from (route.ingress.hostname, route.ingress.path, route.ingress.service)
        yield from (text for option in route.ingress.options.items() for text in option)
    for why in route.provenance.values():
        if why.source in ("api", "dns"):
            yield from _theirs(why.detail)
        yield from _named((why.detail,))


def _of_renewal(renewal: Renewal) -> Iterator[str]:
    for hop in renewal.challenge:
        yield from (hop.url, hop.location, hop.visit.detail, hop.visit.error_type)
    if renewal.caa is not None:
        yield from (renewal.caa.owner, renewal.caa.reason)
        for record in renewal.caa.records:
            yield from (record.value, f"{record.tag} {record.value}")
    for logged in renewal.logged or ():
        yield from (logged.issuer, *logged.names)


def _theirs(sentence: str) -> Iterator[str]:
    """What is left of a sentence of ours about the account without our phrases."""
    yield from (part for part in map(str.strip, _OURS.split(sentence)) if part)


def _named(sentences: Iterable[str]) -> Iterator[str]:
    """What a sentence quotes, and the names in it."""
    for sentence in sentences:
        yield from quoted_in(sentence)
        for name in _NAME.findall(sentence):
            if not _KNOWN.fullmatch(name):
                yield name


def _written_by_origin(seen: Observation) -> Iterator[str]:
    if seen.server_hello is not None and seen.server_hello.alpn:
        yield seen.server_hello.alpn
    for note in seen.notes:
        yield note.detail
    if seen.plaintext is not None:
        yield seen.plaintext.status_line
        yield seen.plaintext.head.decode("utf-8", "replace")
    if seen.http is not None:
        yield seen.http.reason
        yield from (text for header in seen.http.headers for text in header)
        yield seen.http.body_head.decode("utf-8", "replace")
    for encoded in seen.certificates:
        yield from _of_certificate(encoded)


def _of_certificate(encoded: bytes) -> Iterator[str]:
    try:
        parsed = certificate.parse(encoded)
    except der.DerError:
        return
    for party in (parsed.subject, parsed.issuer):
        yield str(party)
        yield from (each.text for each in party.attributes)
    yield from extensions.ca_issuer_uris(parsed.extension_list)
    for name in parsed.extensions.alt_names or ():
        yield name.value.decode("utf-8", "replace")
