"""The figures: what each is called, in which unit, who may see it, and how processes add up."""

from dataclasses import dataclass
from typing import Literal

from app.errors import NotFound

Unit = Literal["percent", "bytes", "seconds", "per_second", "count"]
# What a form says of a figure, beside its title.
UNITS: dict[Unit, str] = {
    "percent": "%",
    "bytes": "bytes",
    "seconds": "time",
    "per_second": "a second",
    "count": "count",
}
# "sum": of all processes; "most": the worst of them; "whole": of all their requests together, or
# of the service itself, which no process could tell alone.
OverProcesses = Literal["sum", "most", "whole"]
# "everyone": whoever is signed in; "operators": those who may read administration.
Audience = Literal["everyone", "operators"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that is taken every second; ``percent`` of a process is of one core."""

    name: str
    title: str
    unit: Unit
    over_processes: OverProcesses
    audience: Audience


FIGURES: tuple[Figure, ...] = (
    Figure("requests.rate", "Requests", "per_second", "sum", "everyone"),
    Figure("requests.failed", "Failed requests", "per_second", "sum", "everyone"),
    Figure("requests.running", "Requests being answered", "count", "sum", "everyone"),
    Figure("latency.p50", "Latency, median", "seconds", "whole", "everyone"),
    Figure("latency.p95", "Latency, 95th percentile", "seconds", "whole", "everyone"),
    Figure("latency.p99", "Latency, 99th percentile", "seconds", "whole", "everyone"),
    Figure("connections.sockets", "Open sockets", "count", "sum", "everyone"),
    Figure("connections.streams", "Open streams", "count", "sum", "everyone"),
    Figure("messages.out", "Messages sent", "per_second", "sum", "everyone"),
    Figure("cpu.process", "CPU of the service", "percent", "sum", "operators"),
    Figure("cpu.host", "CPU of the host", "percent", "most", "operators"),
    Figure("memory.process", "Memory of the service", "bytes", "sum", "operators"),
    Figure("memory.host", "Memory of the host", "percent", "most", "operators"),
    Figure("loop.lag", "Event-loop lag", "seconds", "most", "operators"),
    Figure("database.connections", "Database connections in use", "count", "sum", "operators"),
    Figure("queue.bytes", "Bytes waiting for slow clients", "bytes", "sum", "operators"),
    Figure("jobs.waiting", "Jobs waiting", "count", "whole", "operators"),
    Figure("processes", "Processes", "count", "whole", "operators"),
)
BY_NAME = {figure.name: figure for figure in FIGURES}


def find_figure(name: str) -> Figure:
    """Returns the figure of that name.

    Raises:
        NotFound: there is none.
    """
    figure = BY_NAME.get(name)
    if figure is None:
        raise NotFound("there is no figure of that name")
    return figure
