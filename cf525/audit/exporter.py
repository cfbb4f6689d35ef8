"""The exporter: audits again and again, and serves the newest result to Prometheus.

Served by the official client library. An audit that could not finish is served as what it found,
with ``cf525_complete`` 0; one that could not begin leaves the result before it in place, unless it
is the first: then something is wrong with what was asked, and the exporter ends.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from cf525.errors import Cf525Error
from cf525.model import AuditReport
from cf525.net.scraping import listen
from cf525.report.audit.prometheus import registry


class _Newest(Collector):
    """Hands out the metrics of the newest audit."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def collect(self) -> Iterable[Metric]:
        return self.registry.collect()


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
    stop = stop or threading.Event()
    newest, served = _Newest(), CollectorRegistry()
    served.register(newest)
    failures = Counter("cf525_audit_failures", "Audits that could not begin.", registry=served)
    listening = listen(address, served)
    ready(listening.url)
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
        listening.stop()
    return 0
