"""What a simulation has seen, and the report that is made of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field

from app.telemetry.figure_table import rows_of
from app.telemetry.latencies import Latencies


@dataclass(slots=True)
class Tally:
    """Counts of readings, over all devices."""

    sent: int = 0
    acknowledged: int = 0
    connected: int = 0
    cuts: int = 0
    repeats: int = 0
    unfinished: int = 0
    latencies: Latencies = field(default_factory=Latencies)
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures with their units in their names; None is what could not be seen.

    ``lost``: acknowledged and not in the table; ``duplicated``: there more than once;
    ``unfinished``: devices that still waited for an answer when the time was over.
    """

    devices: int
    connected: int
    seconds: float
    sent: int
    acknowledged: int
    stored: int | None
    lost: int | None
    duplicated: int | None
    repeats: int
    unfinished: int
    cuts: int
    acknowledged_per_second: float
    latency_p50_ms: float | None
    latency_p99_ms: float | None
    latency_most_ms: float | None
    server_memory_kib_per_device: float | None
    failures: dict[str, int]

    @property
    def is_good(self) -> bool:
        """Whether something was acknowledged, and nothing of it is lost or doubled."""
        return self.acknowledged > 0 and self.lost == 0 and self.duplicated == 0

    def rows(self) -> Iterator[str]:
        """Returns the lines of a table."""
        figures = {name: value for name, value in asdict(self).items() if name != "failures"}
        return rows_of(figures, self.failures)
