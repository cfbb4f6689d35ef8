"""Hostile input made by its own grammar: a few cases of each kind in the tests, many at length.

Each module makes one kind of thing that a stranger may give, wrong in ways its reader has to know,
and carries it to that reader; what must hold is asserted there. ``python -m tests.fuzz KIND`` runs
as many as one likes and tells the worst cost; what escaped becomes a case of a test.
"""
