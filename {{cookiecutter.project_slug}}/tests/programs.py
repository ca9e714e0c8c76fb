"""Programs of the service as processes of their own: started, watched, always ended."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from collections.abc import Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import app

PATIENCE_SECONDS = 30.0
ROOT = Path(app.__file__).parents[2]
# What of the environment a program needs to run at all; nothing else of it reaches a test.
KEPT = ("HOME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE", "TMPDIR")


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
