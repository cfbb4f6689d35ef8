"""Causes that only a server's own files, or these beside the wire, can show.

Their matches are made where the files are read (``cf525.servers``) and laid beside the wire
(``cf525.conclusion.join``); here they take their place in the catalogue.
"""

from typing import Final

from cf525.causes.cause import told

JOINED: Final = ("not-reloaded", "other-server-answers", "config-not-in-use")
"""What a difference between file and wire comes to."""

told("configuration-not-loaded", rank=5)
told("tunnel-origin-tls", rank=6)
for _id in JOINED:
    told(_id, rank=4)
