"""``/metrics`` for Prometheus: an application for a port of its own, which no visitor reaches."""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client import GCCollector
from prometheus_client import PlatformCollector
from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.telemetry.logs import dropped_lines

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def new_registry() -> CollectorRegistry:
    """Returns a registry that has the process itself: memory, CPU time, open files, collections.

    Not the library's global one: an application of a test must not see another's numbers.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(LogLines())
    return registry


class LogLines(Collector):
    """Tells how much of the log was lost."""

    def collect(self) -> Iterator[Metric]:
        """Yields the one counter."""
        told = "Lines of the log that were dropped because nobody read the output."
        yield CounterMetricFamily("log_lines_dropped", told, value=dropped_lines())


class MetricsPage:
    """Answers ``GET /metrics`` and nothing else, in the loop whose numbers they are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves one request; whatever else connects is hung up on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if (scope["method"], scope["path"]) != ("GET", "/metrics"):
            await _answer(send, 404, "text/plain", b"Ask for /metrics.\n")
            return
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        encode, content_type = choose_encoder(accept)
        await _answer(send, 200, content_type, encode(self._registry))


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
