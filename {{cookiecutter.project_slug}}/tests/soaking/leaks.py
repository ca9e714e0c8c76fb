"""What a process has, how that goes on, and whether it keeps more than it should. Pure figures."""

from collections.abc import Sequence
from dataclasses import dataclass

MIB = 1024 * 1024
SPARE = 5  # of descriptors and tasks: a pool that has grown by one, a job that is just running


@dataclass(frozen=True, slots=True)
class Census:
    """How much there is of what has to be given back."""

    files: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The resident memory at one moment."""

    at_seconds: float
    resident_bytes: int


def mib_per_minute(samples: Sequence[Sample], *, after_seconds: float) -> float:
    """Returns by how much memory grew, by the line of least squares through the samples.

    Those of the first ``after_seconds`` do not count: caches fill, pools and arenas grow.

    Raises:
        ValueError: fewer than two samples are left.
    """
    late = [sample for sample in samples if sample.at_seconds >= after_seconds]
    if len(late) < 2:
        raise ValueError(f"{len(late)} samples after {after_seconds} s")
    middle = sum(sample.at_seconds for sample in late) / len(late)
    spread = sum((sample.at_seconds - middle) ** 2 for sample in late)
    bytes_per_second = (
        sum((sample.at_seconds - middle) * sample.resident_bytes for sample in late) / spread
    )
    return bytes_per_second * 60 / MIB


def leaks(before: Census, after: Census, *, slope: float, slope_max: float) -> list[str]:
    """Returns in words what was kept: memory in MiB a minute, descriptors, tasks."""
    found = []
    if slope > slope_max:
        found.append(f"memory grows by {slope:.2f} MiB a minute, {slope_max} are allowed")
    if abs(after.files - before.files) > SPARE:
        found.append(f"{before.files} descriptors before, {after.files} after")
    if abs(after.tasks - before.tasks) > SPARE:
        found.append(f"{before.tasks} tasks before, {after.tasks} after")
    return found
