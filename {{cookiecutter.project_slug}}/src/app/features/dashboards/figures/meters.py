"""What the platform has counted so far, out of the registry that Prometheus asks too."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from app.telemetry.request_times import BUCKET_SECONDS

# The gauges that are figures as they are.
GAUGES = {
    "web_requests_running": "requests.running",
    "realtime_queue_bytes": "queue.bytes",
    "process_resident_memory_bytes": "memory.process",
}
TRANSPORTS = {"socket": "connections.sockets", "stream": "connections.streams"}


@dataclass(frozen=True, slots=True)
class Counted:
    """What was true at one moment: totals since the process began, and gauges by their figure.

    ``latencies`` counts requests by bucket, each for itself; see ``BUCKET_SECONDS``.
    """

    gauges: dict[str, float]
    cpu_seconds: float | None
    messages_out: float
    requests_failed: float
    latencies: list[int]


def read_meters(registry: CollectorRegistry) -> Counted:
    """Reads the registry, in about a millisecond."""
    values: dict[tuple[str, str], float] = {}
    for metric in registry.collect():
        for sample in metric.samples:
            label = sample.labels.get("transport") or sample.labels.get("le") or ""
            values[sample.name, label] = sample.value
    gauges = {figure: values[name, ""] for name, figure in GAUGES.items() if (name, "") in values}
    for transport, figure in TRANSPORTS.items():
        gauges[figure] = values.get(("realtime_connections", transport), 0.0)
    bounds = (*map(str, BUCKET_SECONDS), "+Inf")
    totals = [int(values.get(("web_request_seconds_bucket", bound), 0.0)) for bound in bounds]
    return Counted(
        gauges=gauges,
        cpu_seconds=values.get(("process_cpu_seconds_total", "")),
        messages_out=values.get(("realtime_messages_out_total", ""), 0.0),
        requests_failed=values.get(("web_requests_failed_total", ""), 0.0),
        latencies=[now - before for before, now in zip([0, *totals], totals, strict=False)],
    )
