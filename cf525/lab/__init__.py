"""A small world on loopback: Cloudflare's API, DNS and origins with known faults.

Used by ``cf525 demo`` and by the tests; never by a diagnosis of something real.
"""
