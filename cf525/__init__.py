"""cf525: why Cloudflare's edge cannot shake hands with an origin, and what to change."""

__version__ = "0.1.0"
