"""How long requests take: plain counts, since a histogram of the library takes a lock for each.

Streams and sockets are left out: they last as long as somebody looks.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

# Fine enough to tell a percentile within a third of its value.
BUCKET_SECONDS: Final = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075),
    *(0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 30.0),
)
FAILED: Final = 500


class RequestTimes(Collector):
    """The requests of one process, by how long they took; ``counts`` has one place more."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKET_SECONDS) + 1)
        self.seconds = 0.0
        self.failed = 0

    def note(self, seconds: float, *, status: int) -> None:
        """Counts one answered request."""
        self.counts[bisect_left(BUCKET_SECONDS, seconds)] += 1
        self.seconds += seconds
        if status >= FAILED:
            self.failed += 1

    def collect(self) -> Iterator[Metric]:
        """Yields them for Prometheus."""
        total, buckets = 0, []
        for bound, count in zip((*map(str, BUCKET_SECONDS), "+Inf"), self.counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        times = HistogramMetricFamily("web_request_seconds", "Time until requests were answered.")
        times.add_metric([], buckets, self.seconds)
        yield times
        told = "Requests that were answered with 5xx."
        yield CounterMetricFamily("web_requests_failed", told, value=self.failed)
