"""Which server software or platform answers, with the ground for each guess.

A guess orders the remedies and never decides a cause. What gives each away stands once, in
``servers.toml``; how much a kind of sign weighs stands in ``Source``. What made the handshake
weighs more than what answers behind it, and a platform's own domain more than a banner. Where
nothing tells there is no guess.
"""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs.table import OWN, domains, kin_of, known_platforms, lenders_of, signs
from cf525.model import CertificateFacts, HttpAnswer, Observation, Variable
from cf525.model.registry import TLS13, AlertCode
from cf525.patterns import lazy_pattern
from cf525.values import dataclass


class Source(IntEnum):
    """Where a sign was seen; the number is its weight."""

    ASKED = 100  # --server
    RECORD = 90  # the name that a record points to
    DOMAIN = 85  # a platform's own domain in the certificate
    LISTENER = 80  # what the TLS port says to plain HTTP: the terminator speaks
    CERTIFICATE = 75  # the certificate shown for want of a better one
    ISSUER = 70  # who signed
    HELLO = 60  # the order of extensions in the ServerHello
    ADDED = 50  # headers that are added on the way out
    BANNER = 40  # the Server header, which may be that of a server behind
    PAGE = 30  # the page it makes by itself, and headers of that page
    MANNER = 20  # how it refuses


@dataclass(frozen=True, slots=True)
class Guess:
    """A platform by the name its remedies bear, and why it is thought of."""

    platform: str
    ground: str
    source: Source = Source.ASKED


_HELLO_HABITS: Final = (
    ((35, 65281), "Go", "its ServerHello orders extensions as Go's TLS does"),
    ((23, 35, 65281), "Java", "its ServerHello orders extensions as Java's TLS does"),
)
"""How a ServerHello of TLS 1.2 and older begins; OpenSSL's begins with 65281 and is everybody's."""
_ATTRIBUTE: Final = lazy_pattern(r"(?:^|, )([A-Za-z]+|\d+(?:\.\d+)+)=")
_EMAIL: Final = "1.2.840.113549.1.9.1"
_OWN_END: Final = lazy_pattern(OWN)
_MOST_NAMES: Final = 20


# -- certificates -----------------------------------------------------------------------------


def _pairs(name: str) -> Iterator[tuple[str, str]]:
    parts = _ATTRIBUTE.split(name)
    for key, value in zip(parts[1::2], parts[2::2], strict=True):
        yield ("emailAddress" if key == _EMAIL else key), value


def _attributes(name: str) -> tuple[str, ...]:
    """'CN=a', 'O=b' ... of a name as it is written in a verdict; values may hold commas."""
    return tuple(f"{key}={value}" for key, value in _pairs(name))


def attributes(name: str, *keys: str) -> tuple[str, ...]:
    """The values of some attributes of a name as it is written in a verdict."""
    return tuple(value for key, value in _pairs(name) if key in keys)


def _named(kind: str, attributes: Iterable[str]) -> Iterator[str]:
    held = tuple(attributes)
    small = tuple(each.lower() for each in held)
    for sign in signs(kind):
        if not all(any(each.startswith(start) for each in small) for start in sign.starts):
            continue
        if all(any(part.fullmatch(each) for each in held) for part in sign.patterns):
            yield sign.platform


def _defaults(leaf: CertificateFacts) -> Iterator[str]:
    """Who shows such a certificate when it has none for the name."""
    subject = _attributes(leaf.subject)
    common = f"CN={leaf.common_name.strip()}"
    yield from _named("subject", (*subject, *(() if common in subject else (common,))))
    yield from _named("issuer_default", _attributes(leaf.issuer))
    serial = re.sub(r"[^0-9a-f]", "", leaf.serial.lower()).lstrip("0")
    yield from (
        sign.platform for sign in signs("serial") if serial and sign.patterns[0].fullmatch(serial)
    )


def fallback_software(leaf: CertificateFacts) -> str:
    """The software that shows such a certificate when it has none of its own; empty if none."""
    found = tuple(_defaults(leaf))
    known = known_platforms()
    return next((each for each in found if not known[each].unnamed), next(iter(found), ""))


def signs_its_own(leaf: CertificateFacts) -> str:
    """The product whose own CA issued a certificate; empty where no product's did."""
    issuer = _attributes(leaf.issuer)
    known = known_platforms()
    named = (each for kind in _OF_A_CA for each in _named(kind, issuer))
    return next((each for each in named if not known[each].unnamed), "")


_OF_A_CA: Final = ("issuer_default", "issuer", "subject")


def default_of(case: Case) -> str:
    """The software whose own certificate is shown; empty for one that a trusted CA signed, whoever
    the organisation in it makes devices as well."""
    leaf, verdict = case.leaf, case.verdict
    if leaf is None or verdict is None or verdict.anchor is not None:
        return ""
    return fallback_software(leaf)


def platform_of(name: str) -> str:
    """The platform a host name belongs to; empty for one's own."""
    labels = name.lower().rstrip(".").removeprefix("*.").split(".")
    for start in range(len(labels)):
        platform = domains().get(".".join(labels[start:]))
        if platform:
            return platform
    return ""


# -- what answers -----------------------------------------------------------------------------


def server_header(case: Case) -> str | None:
    """The Server header of any answer this origin gave, TLS or plain."""
    for observation in (case.edge, *case.probes):
        header = _header(observation)
        if header:
            return header
    return None


def _header(observation: Observation | None) -> str | None:
    if observation is None:
        return None
    if observation.http is not None:
        return observation.http.header("server")
    if observation.plaintext is not None and observation.plaintext.kind == "http":
        match = re.search(rb"(?im)^server:[ \t]*([^\r\n]{1,80})", observation.plaintext.head)
        return match[1].decode("latin-1") if match else None
    return None


def _answers(case: Case) -> Iterator[HttpAnswer]:
    for each in (case.edge, *case.probes):
        if each is not None and each.http is not None:
            yield each.http


# -- guesses ----------------------------------------------------------------------------------


def guesses(case: Case) -> tuple[Guess, ...]:
    """What this origin may be, the surest first; empty when nothing tells."""
    found = [
        *([Guess(case.server, "--server")] if case.server else ()),
        *_by_names(case),
        *_by_listener(case),
        *_by_certificate(case),
        *_by_hello(case),
        *_by_added(case),
        *_by_banner(case),
        *_by_page(case),
        *_by_manner(case),
    ]
    kept = [each for each in found if not _is_unnamed(each.platform)]
    if _of_some_maker(case.leaf) and all(each.source < Source.CERTIFICATE for each in kept):
        return ()
    first: dict[str, Guess] = {}
    for guess in sorted(kept, key=lambda each: -_weight(each, kept)):
        first.setdefault(guess.platform, guess)
    return tuple(first.values())


_COMPANY: Final = lazy_pattern(
    r"\b(Inc|Corp|Corporation|Ltd|Limited|LLC|GmbH|AG|AB|A/S|B\.?V|S\.?A|Oy|K\.?K|Co|Company|"
    r"Technolog(y|ies)|Networks?|Systems|Electronics|Communications)\b\.?\Z"
)
_PLACEHOLDER: Final = lazy_pattern(
    r"Internet Widgits Pty Ltd|((my|your|the|example|test|default|acme|some|dummy)[ _-]?)?"
    r"(company|organi[sz]ation|corp|co|business)([ ,]+(name|inc|ltd|llc|co)\b\.?)*",
    re.IGNORECASE,
)
"""What OpenSSL's and Go's own tools fill in (their sources), and what people do in its place."""


def _of_some_maker(leaf: CertificateFacts | None) -> bool:
    """Whether a company that is not in the table made this certificate for a device of its own:
    it is self-made and bears no name of a public domain. A banner tells nothing then: devices
    are built on the servers that everybody has."""
    if leaf is None:
        return False
    makers = set(attributes(leaf.subject, "O")) & set(attributes(leaf.issuer, "O"))
    made = any(_COMPANY.search(each) and not _PLACEHOLDER.fullmatch(each) for each in makers)
    return made and not any(_is_public(each) for each in (*leaf.dns_names, leaf.common_name))


def _is_public(name: str) -> bool:
    """Whether a name is one below a public domain, however it ends."""
    labels = name.lower().rstrip(".").split(".")
    return len(labels) > 1 and not labels[-1].isdigit() and not _OWN_END.fullmatch(name.lower())


def _is_unnamed(platform: str) -> bool:
    known = known_platforms().get(platform)
    return known is not None and known.unnamed


def _weight(guess: Guess, found: Iterable[Guess]) -> float:
    """A product weighs more than the library or server it is built on: it explains its sign."""
    kin = kin_of(guess.platform)
    under = max((each.source for each in found if each.platform in kin), default=0)
    return max(float(guess.source), under + 0.5 if under else 0.0)


def _by_names(case: Case) -> Iterator[Guess]:
    for name in case.route.accepted_names[1:]:
        platform = platform_of(name)
        if platform:
            yield Guess(platform, f"the record points to {name}", Source.RECORD)
    leaf = case.leaf
    for name in leaf.dns_names[:_MOST_NAMES] if leaf is not None else ():
        platform = platform_of(name)
        if platform:
            yield Guess(platform, f"its certificate covers {name}", Source.DOMAIN)


def _by_certificate(case: Case) -> Iterator[Guess]:
    leaf = case.leaf
    if leaf is None:
        return
    called = leaf.common_name or leaf.subject or "nothing"
    trusted = case.verdict is not None and case.verdict.anchor is not None
    for platform in () if trusted else _defaults(leaf):
        yield Guess(platform, f"its certificate is called {called}", Source.CERTIFICATE)
    for platform in _named("issuer", _attributes(leaf.issuer)):
        yield Guess(platform, f"its certificate was issued by {leaf.issuer}", Source.ISSUER)


def _by_listener(case: Case) -> Iterator[Guess]:
    """What the TLS port itself says to plain HTTP: nothing behind it has a word there."""
    said = [each.http.body_head for each in case.varied(Variable.PLAIN) if each.http is not None]
    edge = case.edge
    if edge is not None and edge.plaintext is not None:
        said.append(edge.plaintext.head)
    for sign in signs("plain"):
        if any(sign.patterns[0].search(each.decode("latin-1")) for each in said):
            ground = "what its TLS port says to plain HTTP"
            yield Guess(sign.platform, ground, Source.LISTENER)


def _by_hello(case: Case) -> Iterator[Guess]:
    begun = {
        each.server_hello.extensions
        for each in (case.edge, *case.probes)
        if each is not None and each.server_hello is not None and each.server_hello.version < TLS13
    }
    for habit, platform, ground in _HELLO_HABITS:
        if any(extensions[: len(habit)] == habit for extensions in begun):
            yield Guess(platform, ground, Source.HELLO)


def _by_added(case: Case) -> Iterator[Guess]:
    return _by_headers(case, "added", Source.ADDED)


def _by_headers(case: Case, kind: str, source: Source) -> Iterator[Guess]:
    answers = tuple(_answers(case))
    for sign in signs(kind):
        name, _, value = sign.patterns[0].pattern.partition(": ")
        held = [each.header(name) for each in answers]
        if any(each is not None and _fits(value, each) for each in held):
            yield Guess(sign.platform, f"header {name}", source)


def _fits(pattern: str, value: str) -> bool:
    return not pattern or re.match(pattern, value, re.IGNORECASE) is not None


def _by_banner(case: Case) -> Iterator[Guess]:
    header = server_header(case) or ""
    for sign in signs("banner"):
        if sign.patterns[0].match(header):
            yield Guess(sign.platform, f"Server: {header}", Source.BANNER)


def _by_page(case: Case) -> Iterator[Guess]:
    pages = [each.body_head.decode("utf-8", "replace") for each in _answers(case)]
    for sign in signs("page"):
        if any(sign.patterns[0].search(page) for page in pages):
            yield Guess(sign.platform, "its error page", Source.PAGE)
    yield from _by_headers(case, "header", Source.PAGE)


def _by_manner(case: Case) -> Iterator[Guess]:
    """How a server refuses: the weakest ground, and often the only one before a handshake."""
    if case.first_alert(AlertCode.INTERNAL_ERROR) is None:
        return
    bare = any(
        probe.http is not None and probe.http.status == 400 and not probe.http.headers
        for probe in case.varied(Variable.PLAIN)
    )
    if bare:
        yield Guess("Go", "it refuses as Go's TLS does", Source.MANNER)


SERVICE: Final = "another service"
DEVICES: Final = ("a router", "a management interface", SERVICE)


def device_of(case: Case) -> str:
    """The router, controller or service that answers in a web server's place; empty where what
    answers is none, or nothing tells."""
    seen = _seen(case)
    kin = (seen, *kin_of(seen))
    return seen if any(each in DEVICES for each in kin) else ""


def has_a_login(case: Case) -> bool:
    """Whether what answers is a device, which has pages of its own even where it can serve a
    site as well."""
    known = known_platforms().get(_seen(case))
    return known is not None and known.device


def _seen(case: Case) -> str:
    """The likeliest of what was seen; a person's word is none."""
    first = next(iter(guesses(case)), None)
    return first.platform if first is not None and first.ground != "--server" else ""


def platforms(case: Case) -> tuple[str, ...]:
    """Whose remedies come first, the likeliest platform and then what it is built on; empty when
    nothing tells. A library is left out where what is built on it was recognised."""
    found: dict[str, None] = {}
    built_on: set[str] = set()
    for guess in guesses(case):
        lenders = lenders_of(guess.platform)
        built_on |= set(kin_of(guess.platform)) - set(lenders)
        found |= dict.fromkeys((guess.platform, *lenders))
    return tuple(each for each in found if each not in built_on)
