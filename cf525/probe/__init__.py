"""One connection with one profile over one route: plans, the script without IO, and its drivers.

A probe is written once, as a generator of commands (``script.py``). The asyncio driver
(``driver.py``) carries it out on a socket, ``transcript.py`` from a recording.
"""
