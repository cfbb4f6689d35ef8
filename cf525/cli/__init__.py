"""The command line: one file per command, nothing but wiring.

Modules here import nothing heavy at their top: ``--help`` must not pay for TLS or the SDK.
"""
