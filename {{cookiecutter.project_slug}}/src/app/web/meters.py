"""What the HTTP edge counts; ``docs/metrics.md`` is the catalogue.

No label takes its values from a client.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from app.telemetry.request_times import RequestTimes
from app.transport.connection_caps import refused_connections


class WebMeters:
    """The metrics of one process's edge, in ``registry`` for whoever exposes them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.times = RequestTimes()
        self.registry.register(self.times)
        self.registry.register(RefusedConnections())
        self.limited = self._counter("limited", "Requests refused over a limit.")
        self.counted_alone = self._counter(
            "limits_counted_alone", "Calls counted in this process because Redis was away."
        )
        self.closed = self._counter(
            "limits_closed", "Calls refused because only Redis may count them, and it was away."
        )
        self.shed = Counter(
            "web_shed",
            "Requests turned away because there was too much to do.",
            ["reason"],
            registry=self.registry,
        )
        self.running = Gauge(
            "web_requests_running", "Requests being answered.", registry=self.registry
        )
        self.waiting = Gauge(
            "web_requests_waiting", "Requests that wait for their turn.", registry=self.registry
        )

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"web_{name}", text, registry=self.registry)


class RefusedConnections(Collector):
    """Tells how many connections were refused before anybody read what they had to say."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yields the one counter, by what was used up."""
        told = "Connections refused because there were too many."
        family = CounterMetricFamily("web_connections_refused", told, labels=["reason"])
        for reason, count in refused_connections().items():
            family.add_metric([reason], count)
        yield family
