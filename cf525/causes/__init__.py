"""The catalogue of root causes: what each looks like on the wire, and how to mend it.

A cause is matched by a pure function over a ``Case``; its words stand in ``runbook/<id>.md``.
Nothing here opens a connection: a family asks for differential probes by naming variations.
"""
