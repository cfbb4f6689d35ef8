"""The product's status beside that of BoringSSL itself, for origins made at random.

``python -m tests.oracle --count 2000 --seed 7`` compares as many as asked for.
"""
