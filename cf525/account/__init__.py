"""Reads Cloudflare: credentials, a careful API client, and the routes of a target.

``resolve`` is what the layers above call. Only reading; nothing is ever changed at Cloudflare.
"""

from cf525.account.client import API_BASE, Client, Limits
from cf525.account.credentials import Credentials, load_credentials, missing_credentials
from cf525.account.records import ZoneRecords
from cf525.account.resolve import Resolution, resolve
from cf525.account.zone import list_zones

__all__ = [
    "API_BASE",
    "Client",
    "Credentials",
    "Limits",
    "Resolution",
    "ZoneRecords",
    "list_zones",
    "load_credentials",
    "missing_credentials",
    "resolve",
]
