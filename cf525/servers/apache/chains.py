"""The certificates that Apache sends for a virtual host."""

from cf525.model import KeyProof
from cf525.pki.bundles import certificates_in
from cf525.pki.certificate import Certificate
from cf525.servers.apache.check import Checker
from cf525.servers.apache.model import Host
from cf525.servers.certificates import certificate_of, key_proof
from cf525.servers.foretold import Chain, Named
from cf525.servers.question import Question
from cf525.servers.tree import Directive


class Chains:
    """The certificates of one configuration."""

    def __init__(self, checker: Checker, question: Question) -> None:
        self.checker = checker
        self.library = checker.library
        self.question = question

    def of(self, host: Host) -> tuple[list[Certificate], list[Chain]]:
        leaves: list[Certificate] = []
        chains: list[Chain] = []
        keys = host.all("SSLCertificateKeyFile")
        for number, each in enumerate(host.all("SSLCertificateFile")):
            loaded = self.checker.load(self.checker.path(each.argument()))
            if loaded.leaf is None:
                continue
            key = keys[number] if number < len(keys) else None
            leaves.append(loaded.leaf)
            chains.append(self._chain(host, loaded.certificates, each, key))
        return leaves, chains

    def _chain(
        self, host: Host, own: tuple[bytes, ...], each: Directive, key: Directive | None
    ) -> Chain:
        file = self._named(each)
        extra: tuple[bytes, ...] = ()
        more = host.setting("SSLCertificateChainFile")
        if more is not None:
            content = self.library.read(self.checker.path(more.argument()))
            extra = certificates_in(content) if isinstance(content, bytes) else ()
        elif len(own) == 1:
            extra = self._from_store(host, own[0])
        proof = KeyProof.UNKNOWN
        own_key = self._named(key) if key is not None else None
        if self.question.keys:
            path = own_key.path if own_key is not None else file.path
            proof = key_proof(self.library, path, own[0])
        return Chain(certificates=(*own, *extra), file=file, key=own_key, proof=proof)

    def _from_store(self, host: Host, leaf: bytes) -> tuple[bytes, ...]:
        """OpenSSL completes a lone leaf from the CA certificates that are loaded besides."""
        store = host.setting("SSLCACertificateFile")
        content = self.library.read(self.checker.path(store.argument())) if store else None
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
