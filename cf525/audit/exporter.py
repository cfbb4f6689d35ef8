"""The exporter: audits again and again, and serves the newest result to Prometheus.

Served by the official client library. An audit that could not finish is served as what it found,
with ``cf525_complete`` 0; one that could not begin leaves the result before it in place, unless it
is the first: then something is wrong with what was asked, and the exporter ends.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from cf525.errors import Cf525Error, UsageError
from cf525.model import AuditReport
from cf525.report.audit.prometheus import registry


class _Newest(Collector):
    """Hands out the metrics of the newest audit."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def collect(self) -> Iterable[Metric]:
        return self.registry.collect()


def parse_address(text: str) -> tuple[str, int]:
    """Where to listen, from ``:9525`` or ``127.0.0.1:9525``. Raises UsageError."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise UsageError(f"--serve {text!r} is no place to listen", hint="write :9525")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  an exporter is there to be scraped


def serve(
    address: str,
    audit: Callable[[], AuditReport],
    *,
    every: timedelta,
    ready: Callable[[str], None],
    stop: threading.Event | None = None,
) -> int:
    """Serve until interrupted. Raises UsageError when the port cannot be had, and the error of
    a first audit that cannot begin."""
    host, port = parse_address(address)
    stop = stop or threading.Event()
    newest, served = _Newest(), CollectorRegistry()
    served.register(newest)
    failures = Counter("cf525_audit_failures", "Audits that could not begin.", registry=served)
    try:
        server, thread = start_http_server(port, host, registry=served)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {address}: {error.strerror}", hint="choose another port"
        ) from None
    ready(f"http://{host}:{server.server_port}/metrics")
    served_once: AuditReport | None = None
    try:
        while not stop.is_set():
            try:
                report = audit()
            except Cf525Error:
                if served_once is None:
                    raise
                failures.inc()
            else:
                served_once = report
                newest.registry = registry(report)
                if report.stopped == "interrupted":
                    break
            stop.wait(every.total_seconds())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    return 0
