"""What an origin would answer Cloudflare's edge, read from its server's configuration: pure.

One package a server turns text into directives that keep their places, those into the listeners
and sites that this server would select, and these into what a ClientHello of the edge would meet.
Files are asked for through a ``Library``; nothing here opens one.
"""
