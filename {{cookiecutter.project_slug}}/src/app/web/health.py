"""Whether this process should be sent requests, and what it waits for when it should not."""

import asyncio
import time
from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import Literal

import structlog

from app.errors import Unavailable

CHECK_SECONDS = 1.0
FRESH_SECONDS = 1.0

Status = Literal["ready", "degraded", "unavailable", "draining"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Report:
    """The state of the process, and of each thing that it needs: ``ok`` or what is wrong."""

    status: Status
    checks: dict[str, str] = field(default_factory=dict)

    @property
    def accepts_requests(self) -> bool:
        """Whether a balancer should send requests here."""
        return self.status in {"ready", "degraded"}


@dataclass(frozen=True, slots=True)
class _Check:
    run: Callable[[], Awaitable[None]]
    required: bool


class Health:
    """Asks everything that the process needs, at most once a second however often it is asked.

    ``draining`` is set when the process has been told to stop; nothing is checked then.
    """

    def __init__(
        self,
        *,
        check_seconds: float = CHECK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.draining = False
        self._checks: dict[str, _Check] = {}
        self._check_seconds = check_seconds
        self._clock = clock
        self._asking = asyncio.Lock()
        self._answers: dict[str, str] = {}
        self._asked_at = -FRESH_SECONDS

    def add(self, name: str, check: Callable[[], Awaitable[None]], *, required: bool) -> None:
        """Adds a thing to ask: ``check`` raises `Unavailable` when it is away.

        Without a required one the process takes no requests; without another it is degraded.
        """
        self._checks[name] = _Check(check, required)

    async def report(self) -> Report:
        """Returns the state, no older than a second."""
        if self.draining:
            return Report("draining")
        async with self._asking:
            if self._clock() - self._asked_at >= FRESH_SECONDS:
                self._answers = await self._ask_all()
                self._asked_at = self._clock()
        return Report(self._judge(self._answers), self._answers)

    def _judge(self, answers: dict[str, str]) -> Status:
        bad = [name for name, answer in answers.items() if answer != "ok"]
        if any(self._checks[name].required for name in bad):
            return "unavailable"
        return "degraded" if bad else "ready"

    async def _ask_all(self) -> dict[str, str]:
        async with asyncio.TaskGroup() as group:
            asked = {
                name: group.create_task(self._ask(name, check.run), name=f"health:{name}")
                for name, check in self._checks.items()
            }
        return {name: task.result() for name, task in asked.items()}

    async def _ask(self, name: str, check: Callable[[], Awaitable[None]]) -> str:
        try:
            async with asyncio.timeout(self._check_seconds):
                await check()
        except Unavailable:
            return "unavailable"
        except TimeoutError:
            return "timeout"
        except Exception:
            # A check that is itself broken must not take the probe down with it.
            log.exception("health_check_failed", check=name)
            return "error"
        return "ok"
