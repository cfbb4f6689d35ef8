"""Clusters that teams already have, as the place from which the hosts of a plan are looked at.

``task`` is what runs there, ``vantage`` lays the results of several places side by side, and one
file an engine hands out the work. The read stage, the checkpoint and the report know nothing of it.
"""
