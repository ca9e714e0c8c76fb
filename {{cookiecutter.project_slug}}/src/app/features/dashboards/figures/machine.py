"""The machine below: how busy its processors are and how full its memory, as Linux tells them.

Read from ``/proc`` (proc(5)), in some tens of microseconds. Elsewhere both figures are missing.
"""

from pathlib import Path

STAT = Path("/proc/stat")
MEMORY = Path("/proc/meminfo")
# user nice system idle iowait irq softirq steal: the first eight numbers of the line "cpu".
IDLE = (3, 4)


class Machine:
    """Differences of what the kernel has counted."""

    def __init__(self, *, stat: Path = STAT, memory: Path = MEMORY) -> None:
        self._stat = stat
        self._memory = memory
        self._before = self._times()

    def busy_percent(self) -> float | None:
        """Returns how busy all processors together were since the last call, None if unknown."""
        before, self._before = self._before, self._times()
        if before is None or self._before is None:
            return None
        passed = [now - then for now, then in zip(self._before, before, strict=True)]
        total = sum(passed)
        if total <= 0:
            return None
        idle = sum(passed[place] for place in IDLE)
        return max(0.0, min(100.0, 100.0 * (total - idle) / total))

    def memory_percent(self) -> float | None:
        """Returns how much of the memory is not available, None if unknown."""
        try:
            lines = self._memory.read_text().splitlines()
        except OSError:
            return None
        told = {name: float(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
        total, available = told.get("MemTotal", 0.0), told.get("MemAvailable")
        return None if not total or available is None else 100.0 * (total - available) / total

    def _times(self) -> list[int] | None:
        try:
            with self._stat.open() as file:
                return [int(number) for number in file.readline().split()[1:9]]
        except OSError:
            return None
