"""What visitors would meet at the origin itself, were the record DNS only: a browser's view of what
was seen. A chain that passes here is one of a publicly trusted authority for the name.
"""

from cf525.diagnosis.outside import Outside
from cf525.fixing.predict import Situation


async def why_refused(now: Situation, outside: Outside) -> str:
    """Why visitors would not be served by the origin directly; empty where they would be."""
    judge = (
        await outside.judge()
    )  # without a zone's own trust store, which browsers know nothing of
    host = now.target.host
    if not now.seen:
        return "the origin was not reached from here"
    for route, seen in now.seen:
        if route.scheme != "https":
            return "the origin's TLS was not looked at, and browsers need it"
        if not seen.established or not seen.certificates:
            return "the TLS handshake fails there for us as it does for the edge"
        verdict = judge.of_chain(seen.certificates, (host,), key_proof=seen.key_proof)
        if verdict.has("cloudflare_origin_ca"):
            return "browsers do not trust a certificate of Cloudflare's Origin CA"
        if not verdict.accepted:
            codes = dict.fromkeys(each.code for each in verdict.defects)
            return f"browsers refuse its certificate as well: {', '.join(codes)}"
    return ""
