"""What a load test found, for people and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass


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
        """Yields the lines of a table."""
        figures = {name: value for name, value in asdict(self).items() if name != "failures"}
        width = max(map(len, figures))
        for name, value in figures.items():
            yield f"{name.replace('_', ' '):<{width}}  {shown(value):>12}"
        for failure, times in self.failures.items():
            yield f"{times} x {failure}"


def shown(value: object) -> str:
    """Returns a figure as people read it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.2f}"
        case _:
            return f"{value:,}"
