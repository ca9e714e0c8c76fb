"""One process measures itself: once a second, however many people look."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

from prometheus_client import CollectorRegistry

from app.features.dashboards.figures.machine import Machine
from app.features.dashboards.figures.meters import Counted
from app.features.dashboards.figures.meters import read_meters

# Percentiles of a single second jump too much to be read when there are few requests.
LATENCY_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """What one process says of a second; ``latencies`` counts the requests of the last ten."""

    figures: dict[str, float]
    latencies: list[int] = field(default_factory=list)


class Sampler:
    """Takes samples: differences of what has been counted, and what is true now."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        database_connections: Callable[[], int],
        machine: Machine | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._database_connections = database_connections
        self._machine = machine or Machine()
        self._clock = clock
        self._before, self._taken_at = read_meters(registry), clock()
        self._latencies = deque([self._before.latencies], maxlen=LATENCY_SAMPLES + 1)
        self.taken = 0

    def take(self, *, lag_seconds: float) -> ProcessSample:
        """Returns what happened since the last sample; ``lag_seconds`` is how late the loop was."""
        before, began = self._before, self._taken_at
        now, self._taken_at = read_meters(self._registry), self._clock()
        self._before = now
        self._latencies.append(now.latencies)
        self.taken += 1
        figures = {
            **now.gauges,
            **_rates(before, now, max(self._taken_at - began, 0.001)),
            "loop.lag": lag_seconds,
            "database.connections": float(self._database_connections()),
        }
        for name, value in (
            ("cpu.host", self._machine.busy_percent()),
            ("memory.host", self._machine.memory_percent()),
        ):
            if value is not None:
                figures[name] = value
        return ProcessSample(figures, _differences(self._latencies[0], now.latencies))


def _rates(before: Counted, now: Counted, seconds: float) -> dict[str, float]:
    requests = sum(now.latencies) - sum(before.latencies)
    rates = {
        "requests.rate": requests / seconds,
        "requests.failed": (now.requests_failed - before.requests_failed) / seconds,
        "messages.out": (now.messages_out - before.messages_out) / seconds,
    }
    if before.cpu_seconds is not None and now.cpu_seconds is not None:
        rates["cpu.process"] = 100.0 * (now.cpu_seconds - before.cpu_seconds) / seconds
    return rates


def _differences(before: list[int], now: list[int]) -> list[int]:
    return [later - earlier for earlier, later in zip(before, now, strict=True)]
