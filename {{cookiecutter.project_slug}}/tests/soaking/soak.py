"""The whole service under traffic that comes and goes, and what it keeps of it: ``make soak``.

    python -m tests.soaking.soak --seconds 1800

Pages, REST calls, sockets, streams, clients, events and jobs on servers of its own. After five
minutes, or a quarter of the time, memory may grow by half a MiB a minute; when everybody has gone
tasks and descriptors are what they were; nothing was left unhandled. Exits with 1 otherwise.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from tempfile import TemporaryDirectory

from app.embedded import Embedded
from app.embedded import Urls
from app.factory import create_app
from app.resources import resources_of
from app.settings import Settings
from tests.people import join
from tests.servers import database_url
from tests.servers import make_database
from tests.servers import plain_settings
from tests.soaking.churn import Churn
from tests.soaking.leaks import MIB
from tests.soaking.leaks import Census
from tests.soaking.leaks import Sample
from tests.soaking.leaks import leaks
from tests.soaking.leaks import mib_per_minute
from tests.soaking.process import Process
from tests.soaking.process import service

PEOPLE = 12
SLOPE_MAX_MIB_PER_MINUTE = 0.5
SETTLING_MAX_SECONDS = 300.0
WARMING_SECONDS = 3.0
SAMPLES = 300
GONE_SECONDS = 30.0
PAUSE_SECONDS = 0.25


@dataclass
class Report:
    """What one soak found; one line a process, and what is wrong."""

    visits: dict[str, int]
    troubles: dict[str, int]
    processes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        visits = ", ".join(f"{count} {kind}" for kind, count in self.visits.items())
        cut = ", ".join(f"{count} {kind}" for kind, count in self.troubles.items()) or "none"
        said = [f"visits: {visits}", f"cut short: {cut}", *self.processes]
        return "\n".join([*said, f"violations: {len(self.violations)}", *self.violations])


async def soak(
    settings: Settings,
    *,
    seconds: float,
    slope_max: float = SLOPE_MAX_MIB_PER_MINUTE,
    gone_seconds: float = GONE_SECONDS,
    seed: int = 1,
    **environment: str,
) -> Report:
    """Runs for so long; ``environment`` is for the processes."""
    churn = Churn(settings.public_url, await cookies(settings), seed=seed)
    async with service(settings, **environment) as processes:
        await churn.run(seconds=WARMING_SECONDS)  # what is made once: pools, caches, imports
        before = {one: await settled(one, within_seconds=gone_seconds) for one in processes}
        samples = await sampled(processes, churn, seconds=seconds)
        after = {one: await settled(one, before[one], gone_seconds) for one in processes}
        complaints = [line for process in processes for line in process.complaints]
    report = Report(dict(churn.counts), dict(churn.troubles))
    for process in processes:
        seen = samples[process]
        slope = mib_per_minute(seen, after_seconds=min(SETTLING_MAX_SECONDS, seconds / 4))
        report.processes.append(line_of(process, before[process], after[process], seen, slope))
        found = leaks(before[process], after[process], slope=slope, slope_max=slope_max)
        report.violations += [f"{process.name}: {one}" for one in found]
    report.violations += [*complaints, *(f"{count} x {one}" for one, count in churn.faults.items())]
    return report


async def cookies(settings: Settings) -> list[str]:
    """Signs so many people in and returns their cookies."""
    app = create_app(settings)
    database = resources_of(app).database
    await database.open()
    try:
        return [(await join(app, f"Soak{number}")).cookie for number in range(PEOPLE)]
    finally:
        await database.close()


async def sampled(
    processes: Sequence[Process], churn: Churn, *, seconds: float
) -> dict[Process, list[Sample]]:
    """Has everybody come and go for so long, and looks at the memory meanwhile."""
    samples: dict[Process, list[Sample]] = {process: [] for process in processes}
    began = time.monotonic()

    async def look() -> None:
        while True:
            for process, seen in samples.items():
                seen.append(Sample(time.monotonic() - began, process.resident_bytes))
            await asyncio.sleep(seconds / SAMPLES)

    looking = asyncio.create_task(look(), name="samples")
    try:
        await churn.run(seconds=seconds)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    return samples


async def settled(
    process: Process, before: Census | None = None, within_seconds: float = GONE_SECONDS
) -> Census:
    """Returns the census when nothing is more than before, or nothing changes, or it is late."""
    deadline, last = time.monotonic() + within_seconds, await process.census()
    while time.monotonic() < deadline:
        await asyncio.sleep(PAUSE_SECONDS)
        counted = await process.census()
        is_still = counted == last if before is None else not more(counted, before)
        last = counted
        if is_still:
            break
    return last


def more(counted: Census, before: Census) -> bool:
    """Returns whether there is more of anything than before."""
    return counted.files > before.files or counted.tasks > before.tasks


def line_of(
    process: Process, before: Census, after: Census, samples: Sequence[Sample], slope: float
) -> str:
    """Returns the figures of one process."""
    first, last = samples[0].resident_bytes / MIB, samples[-1].resident_bytes / MIB
    return (
        f"{process.name}: {first:.1f} MiB, in the end {last:.1f} MiB, {slope:+.2f} MiB a minute;"
        f" descriptors {before.files}, then {after.files}; tasks {before.tasks}, then {after.tasks}"
    )


async def main() -> int:
    """Soaks once on servers of its own; returns the exit code."""
    parser = argparse.ArgumentParser(description="The whole service for a long time.")
    parser.add_argument("--seconds", type=float, default=1_800.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with (
        TemporaryDirectory(prefix="soak") as folder,
        Embedded(Path(folder), ephemeral=True) as running,
    ):
        settings = plain_settings(Urls(database_url(running.database, "soak"), running.redis))
        await make_database(running, settings)
        report = await soak(settings, seconds=arguments.seconds, seed=arguments.seed)
    print(report, flush=True)
    return int(bool(report.violations))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
