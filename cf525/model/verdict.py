"""Verdicts: the edge's view of a certificate chain, and the status a visitor gets."""

from datetime import datetime
from enum import StrEnum

from cf525.model.status import Status
from cf525.values import dataclass


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for high, 2 for low: the smaller, the surer."""
        return list(Confidence).index(self)


class DefectClass(StrEnum):
    """What a certificate defect leads to in Full (strict)."""

    REJECTED = "526"
    HANDSHAKE = "525"  # the edge's TLS library refuses it before the chain is judged
    LIKELY = "likely-526"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing wrong with a chain. ``index`` is the certificate's place on the wire; ``doubt``
    says what keeps it from being sure that it is this and nothing else."""

    code: str
    kind: DefectClass
    index: int | None
    text: str
    remedy: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """A certificate in words. ``error`` is set when it could not be parsed; ``issuer_url`` is where
    it says that its issuer's certificate is published, empty for what is no plain address."""

    index: int
    sha256: str
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    dns_names: tuple[str, ...] = ()
    ip_names: tuple[str, ...] = ()
    common_name: str = ""
    key: str = ""  # "RSA 2048", "EC P-256", "Ed25519"
    signature: str = ""
    is_ca: bool = False
    self_issued: bool = False
    issuer_url: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """Would the edge in Full (strict) accept these certificates for these names at that time?

    ``accepted`` is None when it cannot be told. ``path`` lists the subjects from the leaf to the
    anchor as far as the edge's verifier gets; ``anchor`` names the trust anchor reached.
    ``second_opinion`` is OpenSSL's answer on the same input; ``browsers`` what a browser-like
    verifier says. ``doubt`` is why the confidence is not high. ``trust`` names the stores the
    verdict rests on. ``missing`` are the DER certificates that would complete the chain, in the
    order to append them.
    """

    observation: str
    accepted: bool | None
    confidence: Confidence
    at: datetime
    names: tuple[str, ...]
    matched_name: str | None = None
    defects: tuple[Defect, ...] = ()
    certificates: tuple[CertificateFacts, ...] = ()
    path: tuple[str, ...] = ()
    anchor: str | None = None
    trust: tuple[str, ...] = ()
    second_opinion: str = ""
    doubt: str = ""
    browsers: str = ""
    missing: tuple[bytes, ...] = ()

    def has(self, *codes: str) -> bool:
        """Whether any defect bears one of these codes."""
        return any(defect.code in codes for defect in self.defects)

    def defect(self, code: str) -> Defect | None:
        return next((defect for defect in self.defects if defect.code == code), None)

    @property
    def decisive(self) -> tuple[Defect, ...]:
        """The defects for which the edge rejects (or likely rejects) the chain."""
        return tuple(defect for defect in self.defects if defect.kind is not DefectClass.ADVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeStatus:
    """The status a visitor gets over one route, how sure that is, and why."""

    status: Status
    confidence: Confidence
    reason: str

    @property
    def fails(self) -> bool:
        return self.status.fails
