"""Cloudflare's edge as a visitor meets it: the answers it is documented to give, on loopback.

It forwards nothing: what it answers for a host is declared in the world. Every form of a 52x is
there: the structured body, the page, the customer's own page, the bare line of text, and the same
status sent by an origin and only passed on.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from cf525.edgeview.warp import TRACE_PATH
from cf525.lab.world import EdgeAnswer, Origin, World, ident

REFUSAL: Final = 40
"""The alert of an edge without a certificate for the name."""


def edge_origins(world: World) -> dict[int, Origin]:
    """The listeners that stand for all of the edge's addresses, by port."""
    if not world.edge_answers:
        return {443: Origin(kind="refused"), 80: Origin(kind="refused")}
    plain = {host: answer.http or answer for host, answer in world.edge_answers.items()}
    return {443: _https(world), 80: Origin(kind="http", options=_answering(plain))}


def _https(world: World) -> Origin:
    served = tuple(
        host for host, answer in world.edge_answers.items() if not answer.refuses_handshake
    )
    intercepted = any(answer.intercepted for answer in world.edge_answers.values())
    return Origin(
        kind="tls",
        options={
            "names": tuple(world.edge_answers),
            "certificate": "private-ca" if intercepted else "good",
            "known_names": served,
            "refusal": REFUSAL,
            **_answering(world.edge_answers),
        },
    )


def _answering(answers: Mapping[str, EdgeAnswer]) -> Mapping[str, Any]:
    return {
        "answer": lambda request: respond(request, answers),
        "delay": lambda request: _asked(request, answers)[0].delay,
    }


def _asked(
    request: bytes, answers: Mapping[str, EdgeAnswer]
) -> tuple[EdgeAnswer, Mapping[str, str]]:
    """What the world says of the host a request names, and the request's header fields."""
    pairs = (line.partition(":") for line in request.decode("latin-1").split("\r\n")[1:])
    fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
    host = fields.get("host", "").partition(":")[0]
    return answers.get(host, EdgeAnswer(status=409)), fields


def respond(request: bytes, answers: Mapping[str, EdgeAnswer], *, warp: bool = False) -> bytes:
    """The bytes the edge sends for one request head; ``warp`` says how the visitor comes."""
    answer, fields = _asked(request, answers)
    if request.startswith(f"GET {TRACE_PATH} ".encode()):
        answer = EdgeAnswer(form="trace", code="on" if warp else "off")
    wants_json = "json" in fields.get("accept", "")
    kind, body = _body(answer, wants_json=wants_json)
    head = {
        "Server": "cloudflare",
        "Date": format_datetime(datetime.now(UTC) + timedelta(seconds=answer.clock), usegmt=True),
        "Content-Type": kind,
        "CF-RAY": f"{ident('ray', *sorted(answers))[:16]}-{answer.colo}",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **({"cf-error-type": answer.error_type} if answer.error_type else {}),
        **({"cf-cache-status": answer.cache} if answer.cache else {}),
        **answer.headers,
    }
    if not answer.ray:
        del head["CF-RAY"]
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {answer.status} Lab\r\n{text}\r\n".encode() + body


def _body(answer: EdgeAnswer, *, wants_json: bool) -> tuple[str, bytes]:
    """Content type and body. A custom page comes whatever was asked for."""
    match answer.form:
        case "json" if wants_json and answer.status >= 500:
            code = answer.code or str(answer.status)
            members = {
                "type": f"https://developers.cloudflare.com/support/{code}",
                "title": "Error",
                "status": answer.status,
                "error_code": int(code),
                "error_category": "ssl" if code in ("525", "526") else "origin",
                "cloudflare_error": True,
                "retryable": code not in ("525", "526"),
            }
            return "application/json", json.dumps(members).encode()
        case "custom":
            return "text/html", b"<html><body>We will be back soon. Error 200 OK 526</body></html>"
        case "trace":
            lines = ("fl=1f1", "visit_scheme=https", f"warp={answer.code}", "gateway=off", "")
            return "text/plain", "\n".join(lines).encode()
        case "text":
            return "text/plain", f"error code: {answer.status}".encode()
        case "hostile":
            return "application/json", b"[" * 9_000
        case _:
            return "text/html", f"<html><title>{answer.status}</title></html>".encode()
