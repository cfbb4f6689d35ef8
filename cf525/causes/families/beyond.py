"""Causes that leave nothing on the wire from here: named so that they can be explained.

Each has its page with how to prove it. They stand in the answers of ``explain``, and in the
unknowns of a report where they cannot be excluded.
"""

from cf525.causes.cause import unseen

for _id in (
    # filters and paths that treat Cloudflare's addresses differently
    "geo-block",
    "mtu-black-hole",
    "stale-or-wrong-ip",
    # certificates that never come to be
    "origin-ca-revoked",
    "origin-ca-on-grey-host",
    # Cloudflare's own side
    "keyless-ssl-unreachable",
    "workers-subrequest",
    "gateway-526",
    "not-the-owner",
    "origin-ca-api-access",
):
    unseen(_id)
