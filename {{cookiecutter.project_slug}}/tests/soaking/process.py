"""One process of the service under a soak, as seen from outside."""

import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.settings import Settings
from tests.programs import Program
from tests.programs import environment_of
from tests.programs import running
from tests.soaking.leaks import Census

# What nobody may bring about, and what nobody handled.
COMPLAINT = re.compile(
    r"Traceback|never retrieved|never awaited|destroyed but it is pending|unhandled", re.IGNORECASE
)


class Process:
    """A running program, and what the kernel and it itself know about it."""

    def __init__(self, name: str, program: Program) -> None:
        self.name = name
        self._program = program
        self._asked = 0

    @property
    def resident_bytes(self) -> int:
        """The memory that it has of its own: shared libraries do not count."""
        text = Path(f"/proc/{self._program.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss_Anon:\s+(\d+) kB", text, re.M)[1]) * 1024  # type: ignore[index]

    async def census(self) -> Census:
        """Counts what it has now."""
        self._asked += 1
        self._program.send(signal.SIGUSR1)
        said = await self._program.says(f"census {self._asked}: ")
        files = len(os.listdir(f"/proc/{self._program.process.pid}/fd"))
        return Census(files, int(said.split()[-2]))

    @property
    def complaints(self) -> list[str]:
        """The lines that tell of something that nobody handled."""
        return [f"{self.name}: {one}" for one in self._program.lines if COMPLAINT.search(one)]


@asynccontextmanager
async def service(settings: Settings, **more: str) -> AsyncIterator[list[Process]]:
    """Runs a web process and a worker; they are killed in the end."""
    environment = environment_of(settings, LOG_FORMAT="json", LOG_LEVEL="info", **more)
    module = "tests.soaking.service"
    async with (
        running(module, "web", environment=environment) as web,
        running(module, "worker", environment=environment) as worker,
    ):
        await web.says("serving")
        await worker.says("worker_ready")
        yield [Process("web", web), Process("worker", worker)]
