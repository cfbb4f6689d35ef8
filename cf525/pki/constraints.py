"""Name constraints as BoringSSL checks them (crypto/x509/v3_ncons.cc, RFC 5280 section 4.2.1.10).

Differences from the RFC are the point: addresses are an unsupported type, a minimum or maximum
is refused, and a wildcard meets an exclusion one label deeper. DNS names and directory names are
matched in bulk; a budget bounds what is left.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.pki import der, dn
from cf525.pki.certificate import Certificate
from cf525.pki.extensions import NameConstraints, Subtree
from cf525.pki.general_names import GeneralName, Kind
from cf525.pki.names import common_names, looks_like_host
from cf525.pki.path import Path
from cf525.values import dataclass

_MAX_COMPARISONS: Final = 1 << 20  # BoringSSL's own limit for one certificate and one CA
_LOCAL_PART: Final = lazy_pattern(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_DOMAIN: Final = lazy_pattern(rb"[A-Za-z0-9.-]+")


@dataclass
class Budget:
    """Comparisons left for one verdict; when it runs out, what is left is not known."""

    left: int = 1 << 19

    def spend(self, count: int) -> bool:
        self.left -= count
        return self.left >= 0


class Unsupported(Exception):
    """A name or constraint that the verifier refuses to compare."""


class Exhausted(Exception):
    """The budget is spent."""


@dataclass(frozen=True, slots=True)
class Violation:
    """``index`` is the certificate with the name; ``certain`` is false when the budget ended."""

    index: int | None
    text: str
    certain: bool = True


def check(path: Path, budget: Budget) -> Iterator[Violation]:
    """Every certificate against the constraints above it: the first breach of each pair."""
    constrained = False
    for place in reversed(range(len(path.nodes))):
        node = path.nodes[place]
        if place and node.certificate.self_issued:
            continue
        for above in reversed(path.nodes[place + 1 :]):
            constraints = above.certificate.extensions.name_constraints
            if constraints is None:
                continue
            constrained = True
            try:
                found = breach(node.certificate, constraints, budget)
            except Exhausted:
                yield Violation(
                    node.index, "There are too many names and constraints to check.", False
                )
                return
            if found:
                yield Violation(
                    node.index, f"The CA {above.certificate.subject.short} is constrained: {found}"
                )
    leaf = path.nodes[0]
    if constrained and leaf.certificate.extensions.alt_names is None:
        for common_name in common_names(leaf.certificate):
            if looks_like_host(common_name):
                yield Violation(
                    leaf.index,
                    "A CA of the chain has name constraints, and the certificate has its host "
                    "name only as common name, which constraints cannot be applied to.",
                )
                return


def breach(certificate: Certificate, constraints: NameConstraints, budget: Budget) -> str:
    """What the constraints forbid, empty if nothing."""
    alt_names = certificate.extensions.alt_names or ()
    subject = certificate.subject
    count = len(subject.attributes) + len(alt_names)
    if count * (len(constraints.permitted) + len(constraints.excluded)) > _MAX_COMPARISONS:
        return "so many names and constraints that the verifier gives up."
    names: list[tuple[GeneralName, bool]] = []
    if subject.attributes:
        names.append((GeneralName(Kind.DIRECTORY, subject.encoded), False))
        for attribute in subject.values(dn.EMAIL_ADDRESS):
            if attribute.tag != der.IA5_STRING:
                return "the e-mail address in the subject is not an IA5String."
            names.append((GeneralName(Kind.EMAIL, attribute.value), True))
    names.extend((each, False) for each in alt_names)
    matchers: dict[tuple[Kind, bool], _Matcher] = {}
    try:
        for name, from_subject in names:
            found = _forbids(name, from_subject, constraints, matchers, budget)
            if found:
                return found
    except Unsupported as error:
        return f"{error.args[0]}."
    return ""


def _forbids(
    name: GeneralName,
    from_subject: bool,
    constraints: NameConstraints,
    matchers: dict[tuple[Kind, bool], "_Matcher"],
    budget: Budget,
) -> str:
    permitted = _matcher(name.kind, constraints.permitted, False, matchers)
    if permitted.bases and not permitted.matches(name, False, budget):
        return f"{_show(name)} is outside what it may issue for."
    excluded = _matcher(name.kind, constraints.excluded, True, matchers)
    if excluded.bases and excluded.matches(name, from_subject, budget):
        return f"{_show(name)} is excluded."
    return ""


def _show(name: GeneralName) -> str:
    if name.kind is Kind.DIRECTORY:
        return f"the name {name.directory}"
    return name.value[:200].decode("ascii", "backslashreplace")


class _Matcher:
    """The subtrees of one kind on one side, prepared for many names."""

    def __init__(self, kind: Kind, subtrees: Sequence[Subtree], excluding: bool) -> None:
        self.bases = [each.base for each in subtrees if each.base.kind is kind]
        self.bounded = any(each.bounded for each in subtrees if each.base.kind is kind)
        self.excluding = excluding
        if kind is Kind.DNS:
            self.dns = {_without_dot(base.value).lower() for base in self.bases}
            self.everything = any(not base.value for base in self.bases)
            self.parents = {base.partition(b".")[2] for base in self.dns if b"." in base}
        if kind is Kind.DIRECTORY:
            self.prefixes = tuple(base.directory.canonical for base in self.bases)

    def matches(self, name: GeneralName, any_case: bool, budget: Budget) -> bool:
        if self.bounded:
            raise Unsupported("a minimum or maximum in it is not supported")
        if name.kind is Kind.DNS:
            return self._covers_dns(name.value)
        if name.kind is Kind.DIRECTORY:
            return name.directory.canonical.startswith(self.prefixes)
        compare = _COMPARE.get(name.kind)
        if compare is None:
            raise Unsupported(f"constraints on names of type {name.kind.name} are not supported")
        if not budget.spend(len(self.bases)):
            raise Exhausted
        # All are compared even after a hit: a malformed one is refused wherever it stands.
        hits = [compare(name.value, base.value, any_case) for base in self.bases]
        return any(hits)

    def _covers_dns(self, value: bytes) -> bool:
        name = _without_dot(value).lower()
        if self.everything or name in self.dns:
            return True
        if self.excluding and name.startswith(b"*.") and name[2:] in self.parents:
            return True
        dots = (place for place, byte in enumerate(name) if byte == 0x2E)
        return any(name[place:] in self.dns or name[place + 1 :] in self.dns for place in dots)


def _matcher(
    kind: Kind,
    subtrees: Sequence[Subtree],
    excluding: bool,
    matchers: dict[tuple[Kind, bool], _Matcher],
) -> _Matcher:
    key = (kind, excluding)
    if key not in matchers:
        matchers[key] = _Matcher(kind, subtrees, excluding)
    return matchers[key]


def _without_dot(name: bytes) -> bytes:
    return name.removesuffix(b".")


def _email(name: bytes, base: bytes, any_case: bool) -> bool:
    local, at, domain = name.partition(b"@")
    if not at or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise Unsupported("an e-mail address in the certificate is malformed")
    base_local, base_at, base_domain = base.partition(b"@")
    if not base_at:
        base_local, base_domain = b"", base
    if (base_local and not _LOCAL_PART.fullmatch(base_local)) or not _DOMAIN.fullmatch(base_domain):
        raise Unsupported("an e-mail constraint is malformed")
    if base_local:
        same = base_local.lower() == local.lower() if any_case else base_local == local
        return same and base_domain.lower() == domain.lower()
    if base_domain.startswith(b"."):
        return domain.lower().endswith(base_domain.lower())
    return base_domain.lower() == domain.lower()


def _uri(name: bytes, base: bytes, _any_case: bool) -> bool:
    _, colon, rest = name.partition(b":")
    if not colon or not rest.startswith(b"//"):
        raise Unsupported("an address in the certificate has no host")
    rest = rest[2:]
    host = rest.partition(b":")[0] if b":" in rest else rest.partition(b"/")[0]
    if not host:
        raise Unsupported("an address in the certificate has no host")
    if base.startswith(b"."):
        return host.lower().endswith(base.lower())
    return base.lower() == host.lower()


_COMPARE: Final[dict[Kind, Callable[[bytes, bytes, bool], bool]]] = {
    Kind.EMAIL: _email,
    Kind.URI: _uri,
}
