"""Where a server's configuration is read from: this machine's disk, or another host over ssh.

Reads regular files alone, bounded, and writes nothing. What the text means is told by ``servers``.
"""
