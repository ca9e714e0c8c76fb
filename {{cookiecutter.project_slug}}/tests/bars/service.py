"""The service under test as a process of its own, and many requests to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.settings import Settings
from tests.patience import PATIENCE_SECONDS
from tests.programs import Program
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running


@dataclass(frozen=True)
class Answered:
    """The status of one answer, 0 when there was none, and what it took."""

    status: int
    seconds: float
    retry_after: str = ""


@dataclass(frozen=True)
class Service:
    """A running service and its address."""

    program: Program
    settings: Settings

    async def ask(self, client: httpx.AsyncClient, method: str, path: str) -> Answered:
        """Sends one request, as a page of the service would."""
        began = time.monotonic()
        try:
            answer = await client.request(method, f"{self.settings.public_url}{path}")
        except httpx.TransportError:
            return Answered(0, time.monotonic() - began)
        retry_after = answer.headers.get("retry-after", "")
        return Answered(answer.status_code, time.monotonic() - began, retry_after)

    async def ask_at_once(self, method: str, *paths: str) -> list[Answered]:
        """Sends requests, each over a connection of its own."""
        async with self.client() as client:
            return await asyncio.gather(*(self.ask(client, method, path) for path in paths))

    def resident_kib(self) -> int:
        """Returns the memory of the process that is its own."""
        text = Path(f"/proc/{self.program.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))

    def client(self) -> httpx.AsyncClient:
        """Returns a client without a bound of its own."""
        return httpx.AsyncClient(
            headers={"Origin": self.settings.public_url},
            timeout=PATIENCE_SECONDS,
            limits=httpx.Limits(max_connections=None),
        )


@asynccontextmanager
async def service(settings: Settings, **environment: str) -> AsyncIterator[Service]:
    """Runs the service until the block ends."""
    told = environment_of(settings, **environment)
    async with running("tests.bars.service_program", environment=told) as program:
        await answers(f"{settings.public_url}/livez", status=200)
        yield Service(program, settings)


async def recovered(settings: Settings) -> float:
    """Waits until the service is ready; returns the seconds that took."""
    began = time.monotonic()
    await answers(f"{settings.public_url}/readyz", status=200)
    return time.monotonic() - began
