"""A place where Prometheus scrapes: the official client library's server, started and stopped."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, start_http_server

from cf525.errors import UsageError


@dataclass(frozen=True)
class Listening:
    """A server that is up: its URL, and what ends it."""

    url: str
    stop: Callable[[], None]


def parse_address(text: str) -> tuple[str, int]:
    """Where to listen, from ``:9525`` or ``127.0.0.1:9525``. Raises UsageError."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise UsageError(f"{text!r} is no place to listen", hint="write :9525")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  an exporter is there to be scraped


def listen(address: str, registry: CollectorRegistry) -> Listening:
    """Serve ``registry`` at ``address``. Raises UsageError when the port cannot be had."""
    host, port = parse_address(address)
    try:
        server, thread = start_http_server(port, host, registry=registry)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {address}: {error.strerror}", hint="choose another port"
        ) from None

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return Listening(f"http://{host}:{server.server_port}/metrics", stop)
