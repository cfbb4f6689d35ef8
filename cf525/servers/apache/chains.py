"""The certificates that Apache sends for a virtual host."""

from collections.abc import Iterator

from cf525.model import KeyProof
from cf525.pki.bundles import certificates_in
from cf525.pki.certificate import Certificate
from cf525.servers.apache.check import Checker
from cf525.servers.apache.model import Host
from cf525.servers.certificates import certificate_of, key_kind, key_proof
from cf525.servers.foretold import Chain, Edit, Named
from cf525.servers.library import What
from cf525.servers.question import Question
from cf525.servers.swap import named_anew, near
from cf525.servers.tree import Directive


class Chains:
    """The certificates of one configuration."""

    def __init__(self, checker: Checker, question: Question) -> None:
        self.checker = checker
        self.library = checker.library
        self.question = question

    def of(self, host: Host) -> tuple[list[Certificate], list[Chain]]:
        """The certificates with their chains: of several of one kind of key the last one counts."""
        found: dict[str, tuple[Certificate, Chain]] = {}
        keys = host.all("SSLCertificateKeyFile")
        for number, each in enumerate(host.all("SSLCertificateFile")):
            loaded = self.checker.load(self.checker.path(each.argument()))
            if loaded.leaf is None:
                continue
            key = keys[number] if number < len(keys) else None
            chain = self._chain(host, loaded.certificates, each, key)
            found[key_kind(loaded.leaf)] = (loaded.leaf, chain)
        return [leaf for leaf, _ in found.values()], [chain for _, chain in found.values()]

    def _chain(
        self, host: Host, own: tuple[bytes, ...], each: Directive, key: Directive | None
    ) -> Chain:
        file = self._named(each)
        sent = own
        more = host.setting("SSLCertificateChainFile")
        if more is not None:
            sent = self._by_file(own, each, more)
        elif len(own) == 1:
            sent = (*own, *self._from_store(host, own[0]))
        proof = KeyProof.UNKNOWN
        own_key = self._named(key) if key is not None else None
        if self.question.keys:
            path = own_key.path if own_key is not None else file.path
            proof = key_proof(self.library, path, own[0])
        return Chain(certificates=sent, file=file, key=own_key, proof=proof)

    def _by_file(
        self, own: tuple[bytes, ...], each: Directive, more: Directive
    ) -> tuple[bytes, ...]:
        """SSLCertificateChainFile takes the place of the chain in SSLCertificateFile; of the same
        file the leaf is left out."""
        path = self.checker.path(more.argument())
        content = self.library.read(path, What.CERTIFICATES)
        extra = certificates_in(content) if isinstance(content, bytes) else ()
        if not extra:
            return own
        return (own[0], *(extra[1:] if more.argument() == each.argument() else extra))

    def instead(self, host: Host, chain: Chain) -> Iterator[tuple[Edit, ...]]:
        """What to try where the chain is refused: another SSLCertificateChainFile, or none."""
        more = host.setting("SSLCertificateChainFile")
        leaf = certificate_of(chain.certificates[0])
        if more is None or leaf is None:
            return
        if len(self.checker.load(chain.file.path).certificates) > 1:
            yield self.checker.mender.removed(more.place)
        for other in near(self.library, self.checker.path(more.argument()), (chain.file.path,)):
            issuer = certificate_of(other.certificates[0])
            if issuer is not None and issuer.issued(leaf) and not issuer.self_signed:
                yield named_anew(self.library, self._named(more), other.path)

    def _from_store(self, host: Host, leaf: bytes) -> tuple[bytes, ...]:
        """OpenSSL completes a lone leaf from the CA certificates that are loaded besides."""
        store = host.setting("SSLCACertificateFile")
        content = (
            self.library.read(self.checker.path(store.argument()), What.CERTIFICATES)
            if store
            else None
        )
        pool = certificates_in(content) if isinstance(content, bytes) else ()
        known = [each for each in map(certificate_of, pool) if each is not None]
        found: list[bytes] = []
        last = certificate_of(leaf)
        while last is not None and len(found) < 6 and not last.self_signed:
            last = next((each for each in known if each.issued(last)), None)
            if last is not None:
                found.append(last.encoded)
        return tuple(found)

    def _named(self, each: Directive) -> Named:
        written = each.argument()
        return Named(path=self.checker.path(written), written=written, place=each.place)
