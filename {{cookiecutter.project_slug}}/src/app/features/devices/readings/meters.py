"""What is counted of readings; the page of the feature is the catalogue."""

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from prometheus_client import Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters:
    """The metrics of one process's ingest."""

    def __init__(self, registry: CollectorRegistry) -> None:
        readings = Counter(
            "devices_readings", "Readings that were sent.", ["outcome"], registry=registry
        )
        self.stored = readings.labels("stored")
        self.repeated = readings.labels("repeated")
        self.refused = readings.labels("refused")
        self.waiting = Gauge(
            "devices_readings_waiting", "Readings that wait to be committed.", registry=registry
        )
        self.seconds = Histogram(
            "devices_ingest_seconds",
            "How long it took to write a group of batches.",
            buckets=BUCKETS,
            registry=registry,
        )
