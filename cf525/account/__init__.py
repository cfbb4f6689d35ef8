"""Reads Cloudflare: credentials, a careful API client, and the routes of a target.

``resolve`` is what the layers above call. Only reading; nothing is ever changed at Cloudflare.
"""

from cf525.account.client import API_BASE, Client, Limits
from cf525.account.credentials import Credentials, load_credentials, missing_credentials
from cf525.account.resolve import Resolution, resolve

__all__ = [
    "API_BASE",
    "Client",
    "Credentials",
    "Limits",
    "Resolution",
    "load_credentials",
    "missing_credentials",
    "resolve",
]
