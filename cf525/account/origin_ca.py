"""Whether an Origin CA certificate is still in the account's list.

Cloudflare shows no revocation state: a revoked certificate is simply gone from the list. So is
one of another zone or account, which is why absence is told and never judged.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.rights import Right
from cf525.errors import ApiError
from cf525.model import Unknown

NOT_LISTED: Final = Unknown(
    id="origin-ca-not-listed",
    text="Whether the Origin CA certificate was revoked: it is not in the list that this token "
    "sees for the zone. It may have been revoked, or made in another zone or account.",
    next="Look under SSL/TLS, Origin Server; if it is not there, create a new one and install it.",
)
NOT_READ: Final = Unknown(
    id="origin-ca-list-not-read",
    text="Whether the Origin CA certificate was revoked: the account's list could not be read.",
    next=f"Give the token {Right.CERTIFICATES}, or look under SSL/TLS, Origin Server.",
)


async def origin_ca_doubt(client: Client, zone_id: str, leaf: bytes) -> Unknown | None:
    """None when the certificate (DER) is in the zone's list, else what is not known."""
    try:
        rows = await client.rows("/certificates", {"zone_id": zone_id}, needs=Right.CERTIFICATES)
    except ApiError:
        return NOT_READ
    return None if any(_der(row) == leaf for row in rows) else NOT_LISTED


def _der(row: Mapping[str, Any]) -> bytes:
    lines = str(row.get("certificate") or "").split("-----")
    body = "".join(lines[2].split()) if len(lines) > 2 else ""
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        return b""
