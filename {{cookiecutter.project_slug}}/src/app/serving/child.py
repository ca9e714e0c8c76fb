"""A child process that is started again when it ends by itself."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence

import structlog

from app.serving.lifeline import Lifeline

FIRST_PAUSE_SECONDS = 0.5
PAUSE_MAX_SECONDS = 10.0
HEALTHY_SECONDS = 10.0

log = structlog.get_logger()


class ChildGaveUp(Exception):
    """A child ended too often in a row."""


class Child:
    """One command of this program, run as a process of its own.

    It has its own session, so that Ctrl-C in the terminal reaches the parent alone, which then
    stops its children in order. ``stop_seconds`` is how long it may take to end.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        lifeline: Lifeline,
        stop_seconds: float,
        listener: int | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._lifeline = lifeline
        self._stop_seconds = stop_seconds
        self._listener = listener
        self._process: asyncio.subprocess.Process | None = None
        self._is_wanted = True
        self._woken = asyncio.Event()

    async def keep_running(self, *, attempts: int | None = None) -> None:
        """Runs the command again and again, with growing pauses, until `stop` is called.

        Raises ChildGaveUp when it has ended ``attempts`` times in a row soon after its start.
        """
        failures = 0
        while self._is_wanted:
            began = time.monotonic()
            code = await self._run_once()
            if not self._is_wanted:
                return
            if self._woken.is_set():  # somebody asked for a restart
                self._woken.clear()
                failures = 0
                continue
            failures = 1 if time.monotonic() - began > HEALTHY_SECONDS else failures + 1
            log.error("child_ended", child=self.name, exit_code=code, failures=failures)
            if failures == attempts:
                raise ChildGaveUp(self.name)
            await self._pause(failures)

    async def stop(self) -> None:
        """Ends the child in order, or by force when it takes too long."""
        self._is_wanted = False
        self._woken.set()
        await self._end()

    async def restart(self) -> None:
        """Ends the child so that it is started again at once."""
        self._woken.set()
        await self._end()

    async def _run_once(self) -> int:
        files = [self._lifeline.child_end]
        if self._listener is not None:
            files.append(self._listener)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app", *self._arguments),
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, **self._lifeline.environment},
            pass_fds=files,
            start_new_session=True,
        )
        if not self._is_wanted:  # stopped while it was being started
            await self._end()
        return await self._process.wait()

    async def _pause(self, failures: int) -> None:
        seconds = min(FIRST_PAUSE_SECONDS * 2 ** (failures - 1), PAUSE_MAX_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
                self._woken.clear()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._stop_seconds):
                await process.wait()
        except TimeoutError:
            log.error("child_killed", child=self.name, after_seconds=self._stop_seconds)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
