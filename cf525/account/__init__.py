"""Reads Cloudflare: credentials, a careful API client, and the routes of a target.

``resolve.resolve`` is what the layers above call, ``client`` and ``credentials`` what they open.
Only ``writer`` changes anything at Cloudflare. Nothing is imported here: a probe of a given origin
needs none of it.
"""
