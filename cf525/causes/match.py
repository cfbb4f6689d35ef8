"""What a cause gives: that it holds and how sure it is, and the proof in words.

The words for a probe and its outcome are the same wherever they stand. Which causes there are, and
what they ask, is not told here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import field

from cf525.causes.case import Case
from cf525.model import (
    Confidence,
    Elimination,
    Ending,
    Evidence,
    Observation,
    Place,
    Variable,
    Variation,
)
from cf525.model.registry import group_name, suite_name, version_name
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A cause that holds. ``facts`` fill the page's variables."""

    confidence: Confidence
    evidence: tuple[Evidence, ...]
    reason: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    status: str = ""  # where it differs from the case's own
    contributing: bool = False
    places: tuple[Place, ...] = ()


def evidence(text: str, *observations: Observation | None) -> Evidence:
    """One proof with the ids of the observations that bear it out."""
    return Evidence(text=text, observations=tuple(each.id for each in observations if each))


def outcome(observation: Observation) -> str:
    """What came of a probe in a few words: 'TLS 1.3, AES..., X25519' or 'alert 112 ...'."""
    hello, alert = observation.server_hello, observation.fatal_alert
    if hello is not None:
        parts = [version_name(hello.version), suite_name(hello.suite)]
        if hello.group is not None:
            parts.append(group_name(hello.group))
        if alert is not None and not observation.established:
            parts.append(f"then alert {alert.description} {alert.name}")
        return ", ".join(parts)
    if alert is not None:
        return f"alert {alert.description} {alert.name}"
    if observation.plaintext is not None:
        return f"no TLS but {observation.plaintext.kind}"
    if observation.http is not None:
        status = observation.http.status
        first = observation.http.body_head[:16].hex(" ")
        return f"HTTP {status}" if status is not None else f"no HTTP but {first}"
    return {
        Ending.EOF: "closed without a byte" if not observation.bytes_received else "closed",
        Ending.RESET: "reset without a byte" if not observation.bytes_received else "reset",
        Ending.TIMEOUT: f"no answer in {observation.timings.total / 1000:.1f} s",
        Ending.REFUSED: "connection refused",
        Ending.CONNECT_TIMEOUT: "no answer to the TCP SYN",
    }.get(observation.ending, f"{observation.ending} {observation.detail}".strip())


def variation_label(variation: Variation) -> str:
    """How a changed variable reads in a proof: 'SNI example.com', 'no SNI', 'TLS 1.2 only'."""
    value = variation.value
    match variation.variable:
        case Variable.SNI:
            return f"SNI {value}" if value else "no SNI"
        case Variable.VERSION:
            return f"{value} only"
        case Variable.PROXY:
            return "with a PROXY header first"
        case Variable.REPEAT:
            return "the same once more"
        case Variable.SPLIT:
            return "ClientHello in two pieces"
        case Variable.MUTE:
            return "nothing said at all"
        case Variable.HOST:
            return f"Host {value}"
        case Variable.WITHOUT if (step := Elimination.parse(value)) is not None:
            label = f"{version_name(step.version)}, all {step.kind.replace('_', ' ')}"
            return f"{label} but {len(step.left_out)}" if step.left_out else label
        case Variable.CHALLENGE:
            return "a made-up ACME challenge over HTTP"
        case Variable.PLAIN:
            return f"plain HTTP on port {value}" if value else "plain HTTP"
        case Variable.ALPN:
            return f"ALPN {value}" if value else "no ALPN"
        case Variable.EXTENSIONS:
            return f"without {value or 'the extensions that the edge is only inferred to send'}"
        case Variable.POST_QUANTUM:
            return f"post-quantum {value}"
        case Variable.PROFILE:
            return {
                "permissive": "every TLS 1.3 suite, group and signature",
                "legacy": "every suite of TLS 1.0 to 1.2",
                "ssl3": "SSLv3",
            }.get(value, value)
        case Variable.SUITES if value == "no FFDHE":
            return "as the edge asks, every suite, those without encryption too"
        case Variable.SUITES if value == "aead":
            return "only suites of TLS 1.2 and later"
        case Variable.SUITES | Variable.GROUPS:
            return f"with every {variation.variable.removesuffix('s')} there is"
        case Variable.SIGNATURE_ALGORITHMS:
            return "with every signature algorithm there is"
        case Variable.WITHOUT:
            return f"without {value}"


def contrast(case: Case, *probes: Observation) -> Evidence:
    """The edge's probe beside others that changed one variable each; what came out alike stands
    together."""
    assert case.edge is not None
    asked: dict[str, list[str]] = {outcome(case.edge): ["as the edge asks"]}
    for probe in probes:
        if probe.variation is not None:
            asked.setdefault(outcome(probe), []).append(variation_label(probe.variation))
    parts = [f"{', '.join(_counted(labels))} → {came}" for came, labels in asked.items()]
    return evidence("; ".join(parts), case.edge, *probes)


def _counted(labels: Sequence[str]) -> list[str]:
    """Each once, with how often it was asked so."""
    often = Counter(labels)
    return [each if often[each] == 1 else f"{each} ({often[each]} times)" for each in often]
