"""The steps of a change played against the lab's API without a network: one command at a time, with
any fault at any of them, other hands between them, and kills."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from cf525.changes import steps
from cf525.changes.catalogue import Place
from cf525.changes.guards import highest_mode, needs_end
from cf525.changes.making import Job
from cf525.changes.plan import Spec, build, fingerprint, looks
from cf525.changes.remedies import BY_ID, UNTIL
from cf525.changes.steps import Command, Outcome, Reply, Steps
from cf525.errors import ApiError, NotFound, PermissionRefused
from cf525.fixing.keys import public_key_of
from cf525.lab import payloads
from cf525.lab.api import State, handle
from cf525.lab.ca import new_key
from cf525.lab.world import Account, Pool, PoolOrigin, Record, Rule, World, Zone
from cf525.model.fix import FixEntry, FixPlan, Predicted
from cf525.model.status import Status
from cf525.report.plain import from_plain, to_plain
from tests.fixing.worlds import HOST, OTHERS, WRITE

AUTHORIZED = {"authorization": f"Bearer {WRITE.value}", "content-type": "application/json"}
BROKEN = ApiError("the connection broke off")
BUSY = ApiError("the rate limit is used up", status=429)
POOL = Pool(name="pool", origins=(PoolOrigin(address="203.0.113.8"), PoolOrigin(address="b.test")))


def playground(*, rules: bool) -> State:
    zone = Zone(
        name="example.com",
        plan="enterprise",
        settings={"ssl": "strict", "origin_pqe": "preferred", "auto_origin_tls_kex": True},
        records=(
            Record(type="A", name=HOST, content="203.0.113.7"),
            Record(type="A", name=HOST, content="203.0.113.8"),
        ),
        config_rules=(OTHERS,) if rules else (),
    )
    accounts = (Account(name="lab", pools=(POOL,)),)
    return State(World(accounts=accounts, tokens=(WRITE,), zones=(zone,)))


def asked(state: State, method: str, path: str, body: Any = None, *, dry: bool = False) -> Any:
    """Status and envelope of one request."""
    bare, _, query = path.partition("?")
    pairs = parse_qsl(query) + ([("dry_run", "true")] if dry else [])
    raw = b"" if body is None else json.dumps(body).encode()
    reply = handle(state, method, f"/{bare}", pairs, AUTHORIZED, raw)
    return reply.status, reply.body


def read(state: State, path: str) -> Any:
    status, body = asked(state, "GET", path)
    if status == 404:
        return None
    assert status == 200, body
    return body["result"]


@dataclass
class Played:
    """A run in the middle: what it wants next, and what became of the journal."""

    state: State
    run: Steps
    journal: dict[str, str]
    wants: Command | None = None
    outcome: Outcome | None = None
    sent: list[steps.Send] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._advance(None)

    def _advance(self, reply: Reply) -> None:
        try:
            self.wants = self.run.send(reply)
        except StopIteration as ended:
            self.wants, self.outcome = None, ended.value

    def step(self, fault: str = "") -> None:
        """Carry out what is wanted. ``fault``: ``before`` and ``after`` lose the answer with the
        write not made, or made; ``busy`` refuses it."""
        assert self.wants is not None
        self._advance(self._reply(self.wants, fault))

    def to_the_end(self) -> Outcome:
        while self.wants is not None:
            self.step()
        assert self.outcome is not None
        return self.outcome

    def _reply(self, wants: Command, fault: str) -> Reply:
        match wants:
            case steps.Look(path):
                return steps.Unreadable(BROKEN) if fault else steps.Found(self._seen(path))
            case steps.Send():
                return self._sent(wants, fault)
            case steps.Keep(entry):
                self.journal[entry.id] = json.dumps(to_plain(entry))
            case steps.MakeKey():
                return _key_made()
            case _:
                pass
        return None

    def _seen(self, path: str) -> Any:
        found = read(self.state, path)
        if path.startswith("certificates?"):
            return [{**row, "public_key": public_key_of(row["certificate"])} for row in found]
        return found

    def _sent(self, send: steps.Send, fault: str) -> Reply:
        if fault == "busy":
            return steps.Refused(BUSY)
        if fault == "before":
            return steps.Unclear(BROKEN)
        if not send.dry:
            self.sent.append(send)
        status, body = asked(self.state, send.method, send.path, send.body, dry=send.dry)
        if fault == "after":
            return steps.Unclear(BROKEN)
        if status == 200:
            return steps.Done(status, body["result"])
        message = body["errors"][0]["message"]
        kinds: dict[int, ApiError] = {
            403: PermissionRefused(message, needs="", status=403),
            404: NotFound(message, status=404),
        }
        return steps.Refused(kinds.get(status, ApiError(message, status=status)))


def _key_made() -> steps.KeyMade:
    import hashlib

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    key: Any = new_key("p256")
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    signed = request.sign(key, hashes.SHA256())
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    return steps.KeyMade(csr=pem, public_key=hashlib.sha256(spki).hexdigest(), files=("k", "c"))


def entry_of(text: str) -> FixEntry:
    return from_plain(FixEntry, json.loads(text))


def planned(
    state: State, remedy: str, value: str, now: datetime, id: str, until: datetime | None = None
) -> Job:
    """A plan as ``planning`` would make it, but for the prediction."""
    zone, account = state.world.zones[0], state.world.accounts[0]
    place = Place(
        host=HOST,
        zone_id=zone.id,
        account_id=account.id,
        pool_id=payloads.pool(account, POOL)["id"],
        address="203.0.113.8",
    )
    spec = Spec(id=id, remedy=remedy, value=value, place=place, zone=zone.name, until=until)
    states = {path: read(state, path) for path in looks(spec)}
    if until is None and needs_end(BY_ID[remedy], value, highest_mode(spec, states)):
        until = now + UNTIL
        spec = replace(spec, until=until)
    plan = FixPlan(
        id=id,
        host=HOST,
        remedy=remedy,
        value=value,
        zone=zone.name,
        zone_id=zone.id,
        account_id=account.id,
        pool_id=place.pool_id,
        address=place.address,
        scope=BY_ID[remedy].scope,
        before="",
        after="",
        predicted=Predicted(edge_status=Status("ok"), was=Status("526")),
        price="",
        undo="",
        requests=build(spec, states, now),
        rights=("a right",),
        until=until,
        fingerprint=fingerprint(states),
        made_at=now,
        tool_version="0",
    )
    return Job(
        plan=plan,
        spec=spec,
        now=now,
        api_base="https://api.example/client/v4",
        every_host_passed=True,
    )


def later(job: Job, now: datetime, earlier: FixEntry | None) -> Job:
    """The same plan, carried out at another time, with what the journal knows of it."""
    return replace(job, now=now, earlier=earlier)


def rule(host: str, **parameters: Any) -> Rule:
    return Rule(expression=f'http.host eq "{host}"', parameters=parameters)
