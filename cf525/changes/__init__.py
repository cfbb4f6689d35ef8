"""Remedies at Cloudflare: made for one host as data, and rendered for the hands that apply them.

Pure: ``catalogue`` makes changes, ``picking`` reads what an answer holds, ``render`` prints.
Nothing here sends a request; whatever applies a change works from the same data.
"""
