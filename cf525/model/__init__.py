"""The words of the product as frozen data: target, route, observation, verdict, finding, report.

No behaviour beyond their own invariants; every layer above speaks in these types.
"""

from cf525.model.audit import AUDIT_SCHEMA, AuditReport, HostRow, Risk, Severity, Traffic, ZoneGap
from cf525.model.change import Change, ChangeScope, Edit, Read, Undo, Write
from cf525.model.elimination import Elimination
from cf525.model.finding import (
    Config,
    Evidence,
    Finding,
    Part,
    Remedy,
    Shell,
    Unknown,
    Words,
)
from cf525.model.insight import Health, Insight, LoggedChange
from cf525.model.observation import (
    SIGNED_BY,
    Alert,
    CertificateRequest,
    Ending,
    Http2End,
    HttpAnswer,
    KeyProof,
    Note,
    Observation,
    Plaintext,
    ServerHello,
    Stage,
    Timings,
    TraceEntry,
    Variable,
    Variation,
)
from cf525.model.renewal import CaaRecord, CaaSet, Hop, LoggedCertificate, Renewal
from cf525.model.report import SCHEMA, Report, RouteStatus, ZoneFacts
from cf525.model.route import Certainty, NotProbeable, PostQuantum, Provenance, Route
from cf525.model.series import CertificateRun, Latency, Series, SeriesPart
from cf525.model.status import Status
from cf525.model.target import DEFAULT_PORTS, Target
from cf525.model.verdict import (
    CertificateFacts,
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
)
from cf525.model.visit import Agreement, Comparison, Maker, Visit, VisitOutcome

__all__ = [
    "AUDIT_SCHEMA",
    "DEFAULT_PORTS",
    "SCHEMA",
    "SIGNED_BY",
    "Agreement",
    "Alert",
    "AuditReport",
    "CaaRecord",
    "CaaSet",
    "Certainty",
    "CertificateFacts",
    "CertificateRequest",
    "CertificateRun",
    "ChainVerdict",
    "Change",
    "ChangeScope",
    "Comparison",
    "Confidence",
    "Config",
    "Defect",
    "DefectClass",
    "EdgeStatus",
    "Edit",
    "Elimination",
    "Ending",
    "Evidence",
    "Finding",
    "Health",
    "Hop",
    "HostRow",
    "Http2End",
    "HttpAnswer",
    "Insight",
    "KeyProof",
    "Latency",
    "LoggedCertificate",
    "LoggedChange",
    "Maker",
    "NotProbeable",
    "Note",
    "Observation",
    "Part",
    "Plaintext",
    "PostQuantum",
    "Provenance",
    "Read",
    "Remedy",
    "Renewal",
    "Report",
    "Risk",
    "Route",
    "RouteStatus",
    "Series",
    "SeriesPart",
    "ServerHello",
    "Severity",
    "Shell",
    "Stage",
    "Status",
    "Target",
    "Timings",
    "TraceEntry",
    "Traffic",
    "Undo",
    "Unknown",
    "Variable",
    "Variation",
    "Visit",
    "VisitOutcome",
    "Words",
    "Write",
    "ZoneFacts",
    "ZoneGap",
]
