"""Named unknowns: what the configuration holds that could change the answer unseen.

Each says what it could change and what would settle it. Nothing here evaluates a rule.
"""

from collections.abc import Mapping
from typing import Any

from cf525.account.plan import setting
from cf525.account.readings import Outcome
from cf525.edge.modes import HTTP_PORTS, HTTPS_PORTS, NAMES
from cf525.errors import ApiError, PermissionRefused
from cf525.model import Target, Unknown


def no_records(host: str) -> Unknown:
    """Nothing in the zone's DNS answers for the host."""
    return Unknown(
        id="no-dns-record",
        text=f"the zone has no A, AAAA or CNAME record for {host}, by itself or by a wildcard",
        next="check the hostname; a load balancer, Worker or custom hostname may still serve it",
    )


def unread_records(error: ApiError) -> Unknown:
    """The zone's DNS records could not be read, so that no origin address is known."""
    if isinstance(error, PermissionRefused):
        text = "the DNS records could not be read: the token lacks DNS Read"
        settle = "give the token DNS Read, or give --origin"
    else:
        text = f"the DNS records could not be read: {error.message}"
        settle = "run again, or give --origin"
    return Unknown(
        id="unread-dns-records", text=f"{text}; they hold the origin's address", next=settle
    )


def about_zone(target: Target, read: Mapping[str, Outcome]) -> list[Unknown]:
    """What the zone itself leaves open: a ramp, an unknown mode, a port it does not proxy."""
    doubts = []
    mode = setting(read["ssl"])
    if mode is not None and mode not in NAMES:
        doubts.append(
            Unknown(
                id="unknown-mode",
                text=f"the zone's mode {mode!r} is not known to this version; the visitor's "
                "scheme is assumed to be kept",
                next="update cf525",
            )
        )
    if setting(read["ssl_automatic_mode"]) == "auto":
        doubts.append(
            Unknown(
                id="automatic-ssl",
                text="Automatic SSL/TLS manages the mode: while it raises it, a growing part of "
                f"the visitors already gets a higher mode than {mode or 'the one shown'}",
                next="compare the failure rate with the dates in the audit log, or set the mode "
                "to Custom",
            )
        )
    if target.port not in (HTTPS_PORTS if target.scheme == "https" else HTTP_PORTS):
        doubts.append(
            Unknown(
                id="port-not-proxied",
                text=f"Cloudflare does not proxy {target.scheme} on port {target.port}",
                next="use a proxied port, or look for a Spectrum application",
            )
        )
    return doubts


def about_overrides(target: Target, read: Mapping[str, Outcome]) -> list[Unknown]:
    """Rules and products that are present and may send this host elsewhere."""
    return [
        Unknown(
            id=f"unevaluated-{kind}",
            text=f"the zone has {what}; {effect}",
            next="look in the dashboard whether one matches this URL",
        )
        for kind, what, effect, present in (
            (
                "configuration-rules",
                "Configuration Rules",
                "one may set another mode for this URL",
                _rules(read["config_rules"]),
            ),
            (
                "origin-rules",
                "Origin Rules",
                "one may set another origin, port, Host header or SNI for this URL",
                _rules(read["origin_rules"]),
            ),
            (
                "page-rules",
                "Page Rules",
                "one may set another mode, Host header or origin for this URL",
                read["page_rules"].value,
            ),
            (
                "cloud-connector",
                "Cloud Connector rules",
                "one may send this URL to an object store",
                read["cloud_connector"].value,
            ),
            (
                "worker-routes",
                "Worker routes",
                "a Worker may answer in the origin's place",
                read["worker_routes"].value,
            ),
            (
                "load-balancer",
                f"a load balancer for {target.host}",
                "its pools take the place of the DNS records",
                [
                    row
                    for row in read["load_balancers"].value or ()
                    if row.get("name") == target.host
                ],
            ),
            (
                "worker-domain",
                f"a Worker custom domain for {target.host}",
                "the Worker is the origin",
                read["worker_domains"].value,
            ),
        )
        if present
    ]


def _rules(outcome: Outcome) -> Any:
    return outcome.value.get("rules") if isinstance(outcome.value, Mapping) else None
