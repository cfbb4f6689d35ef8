"""The request through Cloudflare's edge: how it is sent, what its answer means, how it compares."""
