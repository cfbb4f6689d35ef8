"""Addresses and CNAME chain of a name, and its CAA records, asked through dnspython.

An answer has three values: found, missing (the name or its addresses do not exist), or unknown
(the resolver could not be asked, and why). Nothing here interprets the names.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cf525.model import CaaRecord, CaaSet
from cf525.values import dataclass

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rdata
    import dns.rdatatype
    import dns.resolver
    from dns.asyncresolver import Resolver as DnspythonResolver

MAX_ADDRESSES: Final = 64
MAX_CAA: Final = 32
MAX_CONF: Final = 64 * 1024
RESOLV_CONF: Final = Path("/etc/resolv.conf")


class Existence(StrEnum):
    """What is known about the addresses of a name."""

    FOUND = "found"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """All that was learned about one name.

    ``cnames`` is the chain of targets in order, without the name itself. ``reason`` is a stable
    code: ``nxdomain`` or ``no-address`` when missing; ``timeout``, ``servfail``, ``refused``,
    ``unreachable``, ``no-resolver``, ``malformed`` ... when unknown. It is set beside found
    addresses when only one of the two families could be asked.
    """

    name: str
    outcome: Existence
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Reply:
    records: "dns.resolver.Answer | tuple[()]" = ()
    cnames: tuple[str, ...] = ()
    reason: str = ""
    asked: bool = True  # False: no usable answer came

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(record.address for record in self.records)


class Resolver:
    """Asks one resolver, or the system's when ``server`` is None; each name once a run.

    ``timeout`` bounds one lookup with all its retries, in seconds. dnspython repeats a query
    that got no answer and turns to TCP when one was cut short.
    """

    def __init__(self, server: tuple[str, int] | None = None, timeout: float = 5.0) -> None:
        self.server = server
        self.timeout = timeout
        self._known: dict[str, Lookup] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._resolver: DnspythonResolver | None = None

    def nameservers(self) -> tuple[str, ...]:
        """The addresses that are asked; empty where the system names none."""
        if self.server is not None:
            return (self.server[0],)
        if RESOLV_CONF.is_file():  # what dnspython reads too; it is long in coming
            lines = RESOLV_CONF.read_text(errors="replace")[:MAX_CONF].splitlines()
            pairs = [each.split() for each in lines if each.startswith("nameserver")]
            return tuple(pair[1] for pair in pairs if len(pair) > 1)
        import dns.resolver

        try:
            return tuple(map(str, self._open().nameservers))
        except dns.resolver.NoResolverConfiguration:
            return ()

    async def lookup(self, name: str) -> Lookup:
        """IPv4 and IPv6 addresses of ``name``, never raising for what the network did."""
        name = name.removesuffix(".").lower()
        async with self._locks[name]:
            if name not in self._known:
                self._known[name] = await self._lookup(name)
            return self._known[name]

    async def caa(self, name: str) -> CaaSet:
        """The CAA records in force for ``name``: its own, or its nearest parent's that has any
        (RFC 8659 section 3)."""
        import dns.rdatatype

        labels = name.removesuffix(".").lower().split(".")
        for start in range(len(labels)):
            owner = ".".join(labels[start:])
            reply = await self._ask(owner, dns.rdatatype.CAA)
            if not reply.asked:
                return CaaSet(owner=owner, reason=reply.reason)
            if reply.records:
                records = list(reply.records)[:MAX_CAA]
                return CaaSet(owner=owner, records=tuple(map(_caa_record, records)))
        return CaaSet()

    async def _lookup(self, name: str) -> Lookup:
        import dns.rdatatype

        replies = await asyncio.gather(
            self._ask(name, dns.rdatatype.A), self._ask(name, dns.rdatatype.AAAA)
        )
        addresses = tuple(address for reply in replies for address in reply.addresses)
        failed = [reply.reason for reply in replies if not reply.asked]
        if addresses:
            outcome, reason = Existence.FOUND, failed[0] if failed else ""
        elif failed:
            outcome, reason = Existence.UNKNOWN, failed[0]
        else:
            outcome, reason = Existence.MISSING, replies[0].reason
        return Lookup(
            name=name,
            outcome=outcome,
            addresses=addresses[:MAX_ADDRESSES],
            cnames=max((reply.cnames for reply in replies), key=len),
            reason=reason,
        )

    def _open(self) -> "DnspythonResolver":
        import dns.asyncresolver
        import dns.nameserver

        if self._resolver is None:
            resolver = dns.asyncresolver.Resolver(configure=self.server is None)
            if self.server is not None:
                resolver.nameservers = [dns.nameserver.Do53Nameserver(*self.server)]
            resolver.timeout = self.timeout / 2  # two tries fit into the whole
            resolver.lifetime = self.timeout
            self._resolver = resolver
        return self._resolver

    async def _ask(self, name: str, kind: "dns.rdatatype.RdataType") -> _Reply:
        import dns.exception
        import dns.resolver

        try:
            answer = await self._open().resolve(
                name + ".", kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            return _Reply(cnames=_dangling_chain(error), reason="nxdomain")
        except dns.resolver.NoNameservers as error:
            return _Reply(reason=_failure(error), asked=False)
        except dns.resolver.NoResolverConfiguration:
            return _Reply(reason="no-resolver", asked=False)
        except dns.exception.Timeout:
            return _Reply(reason="timeout", asked=False)
        except dns.exception.DNSException:
            return _Reply(reason="malformed", asked=False)
        except OSError:
            return _Reply(reason="unreachable", asked=False)
        cnames = _chain(answer.response)
        if answer.rrset is None:
            return _Reply(cnames=cnames, reason="no-address")
        return _Reply(records=answer, cnames=cnames)


def _caa_record(record: "dns.rdata.Rdata") -> CaaRecord:
    tag, value = record.tag, record.value  # type: ignore[attr-defined]
    return CaaRecord(
        flags=record.flags,  # type: ignore[attr-defined]
        tag=tag.decode("latin-1"),
        value=value.decode("latin-1"),
    )


def _chain(response: "dns.message.Message") -> tuple[str, ...]:
    """The targets of the CNAME records that lead from the question to its answer."""
    import dns.exception
    import dns.message

    assert isinstance(response, dns.message.QueryMessage)
    try:
        links = response.resolve_chaining().cnames
    except dns.exception.DNSException:
        return ()
    return tuple(link[0].target.to_text(omit_final_dot=True).lower() for link in links)


def _dangling_chain(error: "dns.resolver.NXDOMAIN") -> tuple[str, ...]:
    """The CNAME targets that led to a name that does not exist."""
    responses: Mapping[dns.name.Name, dns.message.Message] = error.kwargs.get("responses", {})
    return next((_chain(response) for response in responses.values()), ())


def _failure(error: "dns.resolver.NoNameservers") -> str:
    """Why no server answered: the response code the last one sent, or that none came."""
    import dns.rcode

    for *_, response in reversed(error.kwargs.get("errors", ())):
        if response is not None:
            return dns.rcode.to_text(response.rcode()).lower()
    return "unreachable"
