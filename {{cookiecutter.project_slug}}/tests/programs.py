"""Programs of the service as processes of their own: started, watched, always ended."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import asynccontextmanager
from contextlib import suppress
from pathlib import Path

import httpx

import app
from app.settings import Settings

PATIENCE_SECONDS = 300.0  # a loaded machine takes long to start an interpreter
ROOT = Path(app.__file__).parents[2]
# What of the environment a program needs to run at all; nothing else of it reaches a test.
KEPT = (
    *("HOME", "LANG", "PATH", "TMPDIR"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)


class Program:
    """A running program whose output is read line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._more = asyncio.Condition()
        self._reading = asyncio.create_task(self._read(), name="program-output")

    @property
    def output(self) -> str:
        """All that it has said so far."""
        return "\n".join(self.lines)

    async def says(self, text: str) -> str:
        """Waits for a line with ``text`` in it and returns the first such line."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._more:
            while True:
                for line in self.lines:
                    if text in line:
                        return line
                if self._reading.done():
                    raise AssertionError(f"it ended without {text!r}:\n{self.output}")
                await self._more.wait()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Waits for the end and returns the exit code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await self.process.wait()
            await self._reading
        return code

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            async with self._more:
                self.lines.append(line.decode().rstrip())
                self._more.notify_all()
        async with self._more:
            self._more.notify_all()


@asynccontextmanager
async def running(
    *arguments: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT
) -> AsyncIterator[Program]:
    """Runs ``python -m ARGUMENTS``; kills it in the end when it still runs."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env={**kept, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", **(environment or {})},
    )
    program = Program(process)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.kill()
        await program.ended()


# For a service that may be busy and must not give up: none of its own bounds is what is tried.
PATIENT = dict.fromkeys(
    (
        *("DATABASE_POOL_WAIT_SECONDS", "DATABASE_CONNECT_SECONDS", "DATABASE_STATEMENT_SECONDS"),
        *("DATABASE_LOCK_SECONDS", "REDIS_CONNECT_SECONDS", "REDIS_COMMAND_SECONDS"),
        *("WEB_REQUESTS_WAIT_SECONDS", "WEB_REQUESTS_LATE_SECONDS"),
        "REALTIME_PUBLISH_DEADLINE_SECONDS",
    ),
    "60",
)


def environment_of(settings: Settings, **more: str) -> dict[str, str]:
    """Returns the variables that give a program the servers and the address of ``settings``."""
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": settings.database.url,
        "REDIS_URL": settings.redis.url,
        "SERVER_PORT": str(settings.server.port),
        "PUBLIC_URL": settings.public_url,
        **more,
    }


def processes_of(folder: Path) -> set[int]:
    """Returns the processes that have ``folder`` in their command line or environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if os.fsencode(folder) in said and int(process.name) != os.getpid():
                found.add(int(process.name))
    return found


async def eventually(condition: Callable[[], bool], *, within_seconds: float) -> bool:
    """Returns whether the condition came true in time."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def answers(url: str, *, status: int) -> httpx.Response:
    """Asks again and again until the answer has this status, and returns it."""
    async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient(timeout=60) as client:
        while True:
            with suppress(httpx.TransportError):
                response = await client.get(url)
                if response.status_code == status:
                    return response
            await asyncio.sleep(0.05)
