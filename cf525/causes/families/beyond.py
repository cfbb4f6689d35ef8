"""Causes that leave nothing on the wire from here: named so that they can be explained.

Each has its page with how to prove it. They stand in the answers of ``explain``, and in the
unknowns of a report where they cannot be excluded.
"""

from cf525.causes.cause import unseen

for _id, _statuses in {
    # filters and paths that treat Cloudflare's addresses differently
    "geo-block": ("525", "522"),
    "mtu-black-hole": ("525", "522"),
    "stale-or-wrong-ip": ("525", "526", "521", "522"),
    "service-starting": ("521", "525"),
    # certificates that never come to be
    "tls-alpn-01-through-proxy": ("525", "526"),
    "origin-ca-revoked": ("526",),
    "origin-ca-on-grey-host": ("ok",),
    # Cloudflare's own side
    "keyless-ssl-unreachable": ("edge",),
    "workers-subrequest": ("525", "526"),
    "gateway-526": ("526",),
    "compliance-modes": ("525",),
    "not-the-owner": ("525", "526"),
}.items():
    unseen(_id, *_statuses)
