"""What a load test found, for people and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass

from app.telemetry.figure_table import rows_of


@dataclass(frozen=True, slots=True)
class Report:
    """Figures with their units in their names; None is what could not be seen."""

    sockets: int
    connected: int
    topics: int
    seconds: float
    published: int
    refused: int
    messages_per_second: float
    expected: int
    delivered: int
    lost: int
    duplicated: int
    gaps: int
    reconnects: int
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    latency_most_ms: float | None
    server_cpu_us_per_delivery: float | None
    server_cpu_us_per_connection: float | None
    server_memory_kib_per_connection: float | None
    load_cpu_percent: float
    interrupted: bool
    failures: dict[str, int]

    def rows(self) -> Iterator[str]:
        """Returns the lines of a table."""
        figures = {name: value for name, value in asdict(self).items() if name != "failures"}
        return rows_of(figures, self.failures)
