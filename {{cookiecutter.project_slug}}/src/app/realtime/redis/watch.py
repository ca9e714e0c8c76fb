"""The certainty that a subscriber connection still hears; a silent one looks like a quiet one."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis.asyncio.connection import AbstractConnection

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.metrics import Meters

log = structlog.get_logger()

PROBES = 2
DOUBT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Probe:
    """How a subscriber calls itself: ``send`` announces something on ``channel``."""

    channel: str
    seconds: float
    send: Callable[[], Awaitable[object]]


class Watch:
    """Looks at one connection after every silence of ``probe.seconds``, and when told to doubt.

    ``heard`` is set by whoever reads the connection, ``doubted`` by whoever has a reason.
    """

    def __init__(self, probe: Probe, meters: Meters) -> None:
        self._probe = probe
        self._meters = meters
        self.heard = asyncio.Event()
        self.doubted = asyncio.Event()

    async def run(self, connection: AbstractConnection) -> None:
        """Returns when the connection does not hear any more."""
        is_alive = True
        while is_alive:
            self.heard.clear()
            self.doubted.clear()
            try:
                async with asyncio.timeout(self._probe.seconds):
                    await self.doubted.wait()
            except TimeoutError:
                is_alive = await self._hears_itself()
            else:
                is_alive = await self._answers(connection)
        self._meters.probe_failures.inc()
        log.warning("redis.probe_failed", channel=self._probe.channel)

    async def _hears_itself(self) -> bool:
        probes = 0
        while not self.heard.is_set():
            if probes == PROBES:
                return False
            probes += 1
            try:
                async with asyncio.timeout(self._probe.seconds / PROBES):
                    await self._probe.send()
                    await self.heard.wait()
            except (BackplaneUnavailable, TimeoutError):
                continue
        return True

    async def _answers(self, connection: AbstractConnection) -> bool:
        """Asks on the connection itself: the one for commands has just given no answer."""
        self.heard.clear()
        try:
            async with asyncio.timeout(DOUBT_SECONDS):
                await connection.send_command("PING", check_health=False)
                await self.heard.wait()
        except TimeoutError:
            return False
        return True
