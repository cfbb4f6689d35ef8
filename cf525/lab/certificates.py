"""The certificates of the lab's origins, by what is wrong with them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cf525.lab.ca import Authority, Issued


class Certificates:
    """Issues what an origin's options ask for: ``certificate`` and ``names``.

    Kinds: good, expired, acme-expired, not-yet-valid, self-signed, other-name, no-intermediate,
    ed25519, rsa, ecdsa, fake-ingress, private-ca.
    """

    def __init__(self) -> None:
        self.root = Authority("Lab Root CA")
        self._issuer = self.root.intermediate("Lab Intermediate CA")
        self._acme = self.root.intermediate("Let's Encrypt R0 (the lab's)")
        self._private = Authority(
            "Somebody's Private CA", now=self.root.now, organization="Somebody"
        )

    def issue(self, name: str, options: Mapping[str, Any]) -> Issued:
        """The certificate and key for the origin called ``name``."""
        kind = options.get("certificate", "good")
        names = tuple(options.get("names", (name,)))
        now, issuer = self.root.now, self._issuer
        match kind:
            case "good" | "ecdsa":
                return issuer.issue(*names)
            case "rsa":
                return issuer.issue(*names, kind="rsa2048")
            case "ed25519":
                return issuer.issue(*names, kind="ed25519")
            case "expired" | "acme-expired":
                return (issuer if kind == "expired" else self._acme).issue(
                    *names,
                    not_before=now - timedelta(days=100),
                    not_after=now - timedelta(days=10),
                )
            case "not-yet-valid":
                return issuer.issue(*names, not_before=now + timedelta(days=3))
            case "self-signed":
                return issuer.self_signed(*names)
            case "other-name":
                return issuer.issue("shop.example.org")
            case "fake-ingress":
                return issuer.self_signed(
                    "ingress.local", common_name="Kubernetes Ingress Controller Fake Certificate"
                )
            case "no-intermediate":
                issued = issuer.issue(*names)
                return Issued(issued.certificate, issued.key)
            case "private-ca":
                return self._private.issue(*names)
            case _:
                raise ValueError(f"the lab has no certificate of the kind {kind!r}")
