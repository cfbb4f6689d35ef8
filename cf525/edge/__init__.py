"""What Cloudflare's edge does, as data and pure rules: profile, modes, ports, status, ranges."""
