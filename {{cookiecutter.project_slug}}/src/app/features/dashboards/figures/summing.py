"""From the samples of the processes to that of the service: pure functions of values."""

from collections.abc import Mapping
from collections.abc import Sequence

from app.features.dashboards.figures.catalogue import FIGURES
from app.features.dashboards.figures.sampling import ProcessSample
from app.telemetry.request_times import BUCKET_SECONDS

PERCENTILES = {"latency.p50": 0.5, "latency.p95": 0.95, "latency.p99": 0.99}


def summed(samples: Sequence[ProcessSample], *, whole: Mapping[str, float]) -> dict[str, float]:
    """Returns the figures of all processes together.

    ``whole`` has those that no process can tell alone. Percentiles are of all requests together:
    those of the processes could not be added.
    """
    figures = dict(whole)
    for figure in FIGURES:
        values = [one.figures[figure.name] for one in samples if figure.name in one.figures]
        if values and figure.over_processes != "whole":
            figures[figure.name] = sum(values) if figure.over_processes == "sum" else max(values)
    together = [sum(counts) for counts in zip(*(one.latencies for one in samples), strict=True)]
    return figures | percentiles(together)


def percentiles(counts: Sequence[int]) -> dict[str, float]:
    """Returns the latencies in seconds of requests counted by bucket; none when there were none."""
    return {
        name: value
        for name, share in PERCENTILES.items()
        if (value := quantile(counts, share)) is not None
    }


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Returns the time that ``share`` of the requests did not exceed, None without requests.

    As Prometheus' ``histogram_quantile``: in the bucket, times are taken to be spread evenly; what
    is beyond the last bound counts as the last bound.
    """
    rank, below = share * sum(counts), 0
    if rank == 0:
        return None
    for place, count in enumerate(counts[: len(BUCKET_SECONDS)]):
        if below + count >= rank:
            lower = BUCKET_SECONDS[place - 1] if place else 0.0
            return lower + (BUCKET_SECONDS[place] - lower) * (rank - below) / count
        below += count
    return BUCKET_SECONDS[-1]
