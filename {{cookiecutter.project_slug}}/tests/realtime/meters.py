"""Reading metrics as Prometheus does."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.realtime.metrics import Meters


def value(meters: Meters, name: str, **labels: str) -> float:
    """Returns the value of one sample, 0 when it was never counted."""
    text = generate_latest(meters.registry).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"realtime_{name}" and sample.labels == labels:
                return float(sample.value)
    return 0.0
