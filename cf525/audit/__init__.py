"""Many targets at once: which hosts are broken now, and which break next.

Plans, runs with one budget and few connections to each address, loses nothing when interrupted,
and sums up. What one host's trouble is, ``cf525.diagnosis`` finds out.
"""
