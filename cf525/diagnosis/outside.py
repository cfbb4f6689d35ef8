"""What one job reaches the world through, each thing opened once and counted here.

One client of Cloudflare's API (one budget, one cache, one connection), one resolver, one way for
probes and one for visits, one trust list that loads in a thread while the account is read. A job
opens it and hands it down; nothing below opens its own.
"""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from cf525.diagnosis.elsewhere import Elsewhere
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.net import trust_list
from cf525.net.dns import Resolver
from cf525.net.fetch import CRL, through
from cf525.pki import TrustStore
from cf525.probe.plan import Runner

if TYPE_CHECKING:
    from cf525.account.client import Client, Limits


class Outside:
    """Use as ``async with Outside(options) as outside``.

    ``runner`` carries the probes of origins, ``visitor`` the requests through the edge; both are
    the reach of the options unless given. ``client`` is None without credentials,
    and keeps to ``limits``.
    """

    def __init__(
        self, options: Options, runner: Runner | None = None, *, limits: "Limits | None" = None
    ) -> None:
        self.options = options
        self._limits = limits
        self.resolver = Resolver(options.resolver)
        self.visitor: Runner = runner or options.reach.run
        self.runner = self.visitor
        if options.observations:
            self.runner = Elsewhere(options.observations).run
        self._client: Client | None = None
        self._trust: asyncio.Task[TrustStore] | None = None

    async def __aenter__(self) -> "Outside":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._trust is not None:
            self._trust.cancel()
        if self._client is not None:
            await self._client.close()

    @property
    def client(self) -> "Client | None":
        """The API, opened when it is first asked for."""
        if self._client is None and self.options.credentials is not None:
            from cf525.account.client import API_BASE, Client, Limits

            base_url = self.options.api_base or API_BASE
            limits = self._limits or Limits.within(self.options.timeout)
            self._client = Client(self.options.credentials, base_url=base_url, limits=limits)
        return self._client

    @property
    def api_calls(self) -> int:
        return self._client.calls if self._client is not None else 0

    def load(self) -> "asyncio.Task[TrustStore]":
        """Begin to load the trust list, in a thread, unless that was begun before."""
        if self._trust is None:
            self._trust = asyncio.create_task(asyncio.to_thread(load_trust, self.options))
        return self._trust

    async def trust(self) -> TrustStore:
        """The roots that the edge trusts; what waits for them may be cancelled, they are not."""
        return await asyncio.shield(self.load())

    async def judge(self) -> Judge:
        """The judge of chains, by the roots of the options and the edge."""
        options = self.options
        lists = options.fetch and options.check_revocation
        return Judge(
            trust=await self.trust(),
            at=options.at,
            fetch=through(self.resolver) if options.fetch else None,
            lists=through(self.resolver, CRL) if lists else None,
        )


def load_trust(options: Options, zone: Sequence[str] = ()) -> TrustStore:
    """The roots that the edge trusts, and those given by hand.

    ``zone`` holds the PEM certificates of a Custom Origin Trust Store, which replace the public
    ones. The published list is renewed first when it is missing or old and downloads are allowed.
    """
    if options.fetch and not options.trust_only:
        trust_list.refresh()
    return trust_list.store(
        options.trust_files, only=options.trust_only, zone=zone, given=options.trust_given
    )
