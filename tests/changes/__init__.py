"""Tests of the changes at Cloudflare."""
