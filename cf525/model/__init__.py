"""The words of the product as frozen data: target, route, observation, verdict, finding, report.

No behaviour beyond their own invariants; every layer above speaks in these types.
"""

from cf525.model.finding import Evidence, Finding, Remedy, Unknown
from cf525.model.observation import (
    Alert,
    CertificateRequest,
    Ending,
    HttpAnswer,
    KeyProof,
    Note,
    Observation,
    Plaintext,
    ServerHello,
    Stage,
    Timings,
    TraceEntry,
    Variation,
)
from cf525.model.report import SCHEMA, Report, RouteStatus, ZoneFacts
from cf525.model.route import Certainty, NotProbeable, PostQuantum, Provenance, Route
from cf525.model.target import Target
from cf525.model.verdict import (
    CertificateFacts,
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
)

__all__ = [
    "SCHEMA",
    "Alert",
    "Certainty",
    "CertificateFacts",
    "CertificateRequest",
    "ChainVerdict",
    "Confidence",
    "Defect",
    "DefectClass",
    "EdgeStatus",
    "Ending",
    "Evidence",
    "Finding",
    "HttpAnswer",
    "KeyProof",
    "NotProbeable",
    "Note",
    "Observation",
    "Plaintext",
    "PostQuantum",
    "Provenance",
    "Remedy",
    "Report",
    "Route",
    "RouteStatus",
    "ServerHello",
    "Stage",
    "Target",
    "Timings",
    "TraceEntry",
    "Unknown",
    "Variation",
    "ZoneFacts",
]
