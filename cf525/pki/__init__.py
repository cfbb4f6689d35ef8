"""Certificates as the edge judges them: path, names, policies, trust. Pure but for store files.

``judge`` gives the verdict, ``TrustStore`` holds what is trusted.
"""

from cf525.pki.origin_ca import client_ca_mistake
from cf525.pki.trust import TrustStore
from cf525.pki.verdict import judge

__all__ = ["TrustStore", "client_ca_mistake", "judge"]
