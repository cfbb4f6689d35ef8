"""Kubernetes: Ingress with ingress-nginx, Gateway API, and what cert-manager is asked for.

Read from manifests or from what ``kubectl get -o yaml`` prints. Of a secret ``tls.crt`` alone is
decoded. Source: ingress-nginx's annotations and ConfigMap, gateway-api v1.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from cf525.model import Place, Status, Unknown
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.certificates import certificate_of
from cf525.servers.ciphers import evaluated
from cf525.servers.documents import read
from cf525.servers.foretold import Chain, Edit, Fault, Foretold, Named, neighbouring
from cf525.servers.gotls import fits
from cf525.servers.handshake import Settings
from cf525.servers.kubernetes.mend import Mender
from cf525.servers.kubernetes.secrets import certificates_of, secret_of
from cf525.servers.library import Library, decoded
from cf525.servers.nodes import Node
from cf525.servers.openssl import PROTOCOLS, read_groups
from cf525.servers.question import Question

KUBERNETES = "ingress-nginx"
GATEWAY = "Kubernetes"
_LOOKS = lazy_pattern(r"^apiVersion:\s*\S+", re.MULTILINE)
_KIND = lazy_pattern(
    r"^\s*-?\s*kind:\s*[\"']?(?:Ingress|Gateway|HTTPRoute|Secret|List|Certificate)\b",
    re.MULTILINE,
)
PREFIX = "nginx.ingress.kubernetes.io/"
_CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"


def looks_like(text: str) -> bool:
    """Whether a text is a manifest of something that concerns TLS."""
    return _LOOKS.search(text) is not None and _KIND.search(text) is not None


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What the edge would meet."""
    found: list[Node] = []
    for main in mains:
        content = library.read(main)
        if isinstance(content, bytes):
            for document in read(decoded(content), main):
                listed = str(document.at("kind")) == "List"
                found += document.at("items").list if listed else [document]
    return _Oracle(found, library, question).foretold()


class _Oracle:
    def __init__(self, objects: list[Node], library: Library, question: Question) -> None:
        self.objects = objects
        self.question = question
        self.mender = Mender(objects, library, question.host)
        self.config = next((o for o in self.kind("ConfigMap") if _is_controllers(o)), Node("")).at(
            "data"
        )

    def kind(self, *names: str) -> Iterator[Node]:
        return (each for each in self.objects if str(each.at("kind")) in names)

    def foretold(self) -> Foretold:
        ingress = self._ingress()
        if ingress is not None:
            return self._of_ingress(ingress)
        if any(True for _ in self.kind("Gateway")):
            return self._of_gateways()
        some = next(self.kind("Ingress"), None)
        if some is None:
            text = "neither an Ingress nor a Gateway stands in these manifests"
            return Foretold(server=KUBERNETES, told=False, doubts=(text,))
        place = some.at("spec", "rules").place
        base = Foretold(server=KUBERNETES, site=place, unmatched=True)
        return self._fake(base, (place,), f"no Ingress has the name {self.question.host}")

    # -- Ingress ------------------------------------------------------------------------------

    def _ingress(self) -> Node | None:
        host = self.question.host
        found = [e for e in self.kind("Ingress") if any(fits(name, host) for name in _names(e))]
        exact = [e for e in found if host in _names(e)]
        return next(iter(exact or found), None)

    def _of_ingress(self, ingress: Node) -> Foretold:
        rules = ingress.at("spec", "rules").list
        rule = next(r for r in rules if fits(str(r.at("host")), self.question.host))
        others = (name for each in self.kind("Ingress") for name in _names(each))
        base = Foretold(
            server=KUBERNETES,
            site=rule.at("host").place,
            neighbours=neighbouring(self.question.host, others),
        )
        notes = ingress.at("metadata", "annotations")
        if self.question.mode in ("off", "flexible"):
            return self._in_clear(replace(base, plain=True), ingress, notes)
        if self.config.at("use-proxy-protocol").on:
            node = self.config.at("use-proxy-protocol")
            fault = faults.proxy_header((node.place,), self.mender.nodes.scalar(node, "false"))
            return replace(base, faults=(fault,))
        if notes.at(f"{PREFIX}ssl-passthrough").on:
            text = "TLS is handed on to the service (ssl-passthrough)"
            return replace(base, told=False, doubts=(text,))
        block = next(
            (
                tls
                for tls in ingress.at("spec", "tls").list
                if any(fits(host, self.question.host) for host in tls.at("hosts").texts)
            ),
            None,
        )
        if block is None:
            return self._unlisted(base, ingress, notes)
        return self._with_secret(base, ingress, block, notes)

    def _unlisted(self, base: Foretold, ingress: Node, notes: Node) -> Foretold:
        """No ``hosts`` of ``spec.tls`` has the name. ingress-nginx then takes a certificate of the
        Ingress that has it (``extractTLSSecretName`` of its controller.go, since 0.9), and shows
        its own where none has."""
        blocks = ingress.at("spec", "tls").list
        why = f"spec.tls of the Ingress does not list {self.question.host}"
        nginx = _is_nginx(ingress)
        space = str(ingress.at("metadata", "namespace")) or "default"
        for each in blocks:
            name, of_all = str(each.at("secretName")), not each.at("hosts").list
            unseen = of_all and bool(name) and self._secret(name, space) is None
            if unseen or (self.mender.covering(ingress, name) and (nginx or of_all)):
                text = f"{why}, and another controller than ingress-nginx may mind"
                base = replace(base, doubts=(*base.doubts, text))
                return self._with_secret(base, ingress, each, notes)
        listed = [e.at("hosts").list[-1].place for e in blocks[:1] if e.at("hosts").list]
        places = (*listed, *((base.site,) if base.site is not None else ()))
        edits = self.mender.with_host(ingress)
        found = self._fake(replace(base, unmatched=True), places, why, edits)
        facts = {"unlisted": f"{space}/{ingress.at('metadata', 'name')}"}
        told = (replace(each, facts={**each.facts, **facts}) for each in found.faults)
        return replace(found, faults=tuple(told))

    def _with_secret(self, base: Foretold, ingress: Node, block: Node, notes: Node) -> Foretold:
        name = block.at("secretName")
        space = str(ingress.at("metadata", "namespace")) or "default"
        secret = self._secret(str(name), space)
        place = name.place if name.line else block.place
        if secret is None and self._elsewhere(str(name)):
            why = f"the secret {name} stands in another namespace than the Ingress ({space})"
            edits = self.mender.other_secret(name, space)
            return self._fake(base, (place,), why, edits)
        certificates = certificates_of(secret) if secret is not None else ()
        leaf = certificate_of(certificates[0]) if certificates else None
        chain = None
        if leaf is not None:
            file = Named(path=f"secret {space}/{name}", written=str(name), place=place)
            chain = Chain(certificates=certificates, file=file)
        protocols = str(self.config.at("ssl-protocols")) or "TLSv1.2 TLSv1.3"
        listed = evaluated(str(self.config.at("ssl-ciphers")) or _CIPHERS)
        curves = str(self.config.at("ssl-ecdh-curve"))
        own = Settings(
            versions=frozenset(PROTOCOLS[p] for p in protocols.split() if p in PROTOCOLS),
            suites=listed.codes,
            legacy=listed.level == 0,
        )
        if curves and curves != "auto":
            own = replace(own, groups=read_groups(curves)[0])
        found = with_tls(
            base, own, [leaf] if leaf else [], [chain] if chain else [], self.question,
            lambda refusal: (
                (self.config.at(_WHERE.get(refusal.lack, "ssl-ciphers")).place,),
                self.mender.setting(self.config, _WHERE.get(refusal.lack, "ssl-ciphers")),
            ),
        )  # fmt: skip
        if found.decisive is not None:
            return found
        if chain is None:
            found = replace(found, unknowns=(*found.unknowns, self._unread(str(name), space)))
        else:
            found = replace(found, others=(self.mender.other_secret(name, space),))
        return self._demand(found, notes)

    def _demand(self, found: Foretold, notes: Node) -> Foretold:
        secret = notes.at(f"{PREFIX}auth-tls-secret")
        verify = str(notes.at(f"{PREFIX}auth-tls-verify-client")) or "on"
        if not secret.text or verify != "on":
            return found
        space, _, name = str(secret).rpartition("/")
        held = self._secret(name, space or "default")
        cas = certificates_of(held, "ca.crt") if held is not None else ()
        fault = faults.client_certificate(
            cas or None,
            (secret.place,),
            status=Status("origin-400"),
            how="HTTP 400 after the handshake",
            aop=self.question.client_certificate,
            edits=self.mender.without_demand(notes),
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)

    def _in_clear(self, base: Foretold, ingress: Node, notes: Node) -> Foretold:
        forced = notes.at(f"{PREFIX}force-ssl-redirect").on
        tls = any(
            fits(host, self.question.host)
            for block in ingress.at("spec", "tls").list
            for host in block.at("hosts").texts
        )
        off = str(notes.at(f"{PREFIX}ssl-redirect")).lower() == "false"
        off = off or str(self.config.at("ssl-redirect")).lower() == "false"
        if not forced and (off or not tls):
            return base
        place = notes.at(f"{PREFIX}force-ssl-redirect").place if forced else base.site
        places = (place,) if place is not None else ()
        fault = faults.redirects_to_https(self.question.host, places, faults.HIGH)
        edits = self.mender.without_redirect(ingress, notes)
        return replace(base, faults=(replace(fault, edits=edits),))

    def _fake(
        self, base: Foretold, places: tuple[Place, ...], why: str, edits: tuple[Edit, ...] = ()
    ) -> Foretold:
        """The controller's own certificate goes out: in Full that does not matter."""
        fault = Fault(
            cause="default-vhost-cert",
            status=faults.S526,
            evidence=(why, "the controller shows its own certificate, which nobody trusts"),
            places=places,
            confidence=faults.MEDIUM,
            reason="a default certificate (--default-ssl-certificate) may cover the name",
            facts={
                "served": "Kubernetes Ingress Controller Fake Certificate",
                "software": KUBERNETES,
            },
            edits=edits,
        )
        strict = self.question.mode in ("strict", "origin_pull")
        return replace(base, faults=(*base.faults, fault) if strict else base.faults)

    # -- Gateway API --------------------------------------------------------------------------

    def _of_gateways(self) -> Foretold:
        for gateway in self.kind("Gateway"):
            listeners = [
                each
                for each in gateway.at("spec", "listeners").list
                if str(each.at("port")) == str(self.question.port)
            ]
            own = [e for e in listeners if self._hosts(e)]
            if own:
                return self._listener(gateway, own[0])
            if listeners:
                place = listeners[0].at("hostname").place
                base = Foretold(server=GATEWAY, site=place, unmatched=True)
                fault = Fault(
                    cause="sni-reset",
                    status=faults.S525,
                    evidence=(f"no listener of the Gateway has the name {self.question.host}",),
                    places=(place,),
                    confidence=faults.MEDIUM,
                    reason="how a name without a listener is refused differs by implementation",
                    facts={"known_name": ""},
                    edits=self.mender.listener(gateway, listeners[0]),
                )
                return replace(base, faults=(fault,))
        fault = faults.nothing_listens(self.question.port, (), only_80=False, server=GATEWAY)
        return Foretold(server=GATEWAY, faults=(fault,))

    def _hosts(self, listener: Node) -> bool:
        name = str(listener.at("hostname"))
        return not name or fits(name, self.question.host)

    def _listener(self, gateway: Node, listener: Node) -> Foretold:
        base = Foretold(server=GATEWAY, site=listener.at("name").place)
        if str(listener.at("protocol")) not in ("HTTPS", "TLS"):
            why = f"the listener's protocol is {listener.at('protocol')}"
            places = (listener.at("protocol").place,)
            return replace(base, faults=(faults.plain_http(self.question.port, places, why=why),))
        if str(listener.at("tls", "mode")) == "Passthrough":
            return replace(base, told=False, doubts=("TLS is handed on to the backend",))
        space = str(gateway.at("metadata", "namespace")) or "default"
        for ref in listener.at("tls", "certificateRefs").list:
            name, own = str(ref.at("name")), str(ref.at("namespace")) or space
            secret = self._secret(name, own)
            if own != space and not any(True for _ in self.kind("ReferenceGrant")):
                text = f"the secret of namespace {own} needs a ReferenceGrant, and none is here"
                base = replace(base, doubts=(*base.doubts, text))
            certificates = certificates_of(secret) if secret is not None else ()
            leaf = certificate_of(certificates[0]) if certificates else None
            if leaf is None:
                unknown = self._unread(name, own)
                return replace(base, unknowns=(*base.unknowns, unknown))
            place = ref.at("name").place
            file = Named(path=f"secret {own}/{name}", written=name, place=place)
            base = replace(base, chain=Chain(certificates=certificates, file=file))
            return replace(base, others=(self.mender.other_secret(ref.at("name"), own),))
        return base

    # -- secrets ------------------------------------------------------------------------------

    def _secret(self, name: str, space: str) -> Node | None:
        return secret_of(self.objects, name, space)

    def _elsewhere(self, name: str) -> bool:
        return any(str(each.at("metadata", "name")) == name for each in self.kind("Secret"))

    def _unread(self, name: str, space: str) -> Unknown:
        made = any(str(c.at("spec", "secretName")) == name for c in self.kind("Certificate"))
        text = (
            "cert-manager is to make it, and may not have" if made else "it is not in these files"
        )
        return Unknown(
            id="certificate-not-read",
            text=f"Whether the edge takes the certificate of the secret {space}/{name}: {text}.",
            next=f"Add: kubectl -n {space} get secret {name} -o yaml (tls.crt alone is read).",
        )


_WHERE = {"version": "ssl-protocols", "legacy": "ssl-protocols", "group": "ssl-ecdh-curve"}


def _is_controllers(config: Node) -> bool:
    known = ("use-proxy-protocol", "ssl-protocols", "ssl-ciphers", "ssl-redirect", "ssl-ecdh-curve")
    return any(config.there("data", each) for each in known)


def _is_nginx(ingress: Node) -> bool:
    """Whether ingress-nginx is told to serve an Ingress, by its class or else its annotations."""
    notes = ingress.at("metadata", "annotations")
    named = str(ingress.at("spec", "ingressClassName"))
    named = named or str(notes.at("kubernetes.io/ingress.class"))
    if named:
        return "nginx" in named.lower()
    return any(each.startswith(PREFIX) for each in notes.members or {})


def _names(ingress: Node) -> tuple[str, ...]:
    return tuple(str(rule.at("host")) for rule in ingress.at("spec", "rules").list)
