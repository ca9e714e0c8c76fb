"""Filling holes: reads the logs of suspect topics, and looks for losses that nobody noticed."""

import asyncio
import random
from contextlib import suppress

import structlog

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.core import Core
from app.realtime.hub.untold import PACED_FROM_SUBSCRIBERS
from app.realtime.subscribing.log_reading import read_log

log = structlog.get_logger()

TOPICS_AT_ONCE = 32
TOPS_AT_ONCE = 500
RETRY_SECONDS = 0.5
RETRY_MIN_SECONDS = 0.05
# So many turns, the first of them begun already, a topic must be silent to be looked at; together
# they last ``quiet_check_seconds``. With turns as long as that, a loss right after a message would
# have stayed unnoticed for twice the time.
QUIET_TURNS = 5
RETRY_MAX_SECONDS = 5.0


class CatchUp:
    """One reading per suspect topic and process, however many subscribers it has."""

    def __init__(self, core: Core, awake: asyncio.Event) -> None:
        self._core = core
        self._awake = awake

    async def run(self) -> None:
        """Reads the logs of suspect topics for ever; while the server is away, with pauses."""
        failures = 0
        while True:
            await self._awake.wait()
            self._awake.clear()
            try:
                await self.clear_suspects()
                failures = 0
            except* BackplaneUnavailable:
                failures += 1
                await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        """Waits, longer after each failure, but not when the server has come back meanwhile."""
        cap_seconds = min(RETRY_MAX_SECONDS, RETRY_SECONDS * 2**failures)
        await asyncio.sleep(RETRY_MIN_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(0, cap_seconds)):  # noqa: S311 - jitter
                await self._awake.wait()
        self._awake.set()

    async def clear_suspects(self) -> None:
        """Reads the logs of all topics that are suspect now, then tells that all is well again.

        When the server has lost everything all clients are told to load anew; they are told over
        ``retry_window_seconds``, or they would all do so in the same moment.

        Raises:
            BackplaneUnavailable: in a group; the server is away.
        """
        hub = self._core.hub
        suspects = [hub.topics[name] for name in hub.suspects if name in hub.topics]
        everybody = sum(len(topic.subscribers) for topic in suspects)
        while hub.suspects:
            names = list(hub.suspects)[:TOPICS_AT_ONCE]
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._clear(name), name=f"catch up {name}") for name in names
                ]
            told = sum(task.result() for task in tasks)
            if everybody > PACED_FROM_SUBSCRIBERS and told and hub.suspects:
                share = min(1.0, told / everybody)
                await asyncio.sleep(self._core.settings.retry_window_seconds * share)
        if hub.degraded and not hub.is_backplane_away:
            hub.degraded = False
            hub.tell_status()

    async def watch_quiet_topics(self) -> None:
        """Looks from time to time whether topics that seem quiet have gone on without us."""
        while True:
            turn_seconds = self._core.settings.quiet_check_seconds / QUIET_TURNS
            await asyncio.sleep(turn_seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            try:
                await self.check_quiet_topics(turns=QUIET_TURNS - 1)
            except BackplaneUnavailable as failure:
                log.info("realtime.quiet_check_skipped", detail=failure.detail)

    async def check_quiet_topics(self, *, turns: int = 1) -> None:
        """Compares the tops of topics that were quiet for ``turns`` with what was fanned out.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        names = self._core.hub.quiet_topics(turns=turns)
        for start in range(0, len(names), TOPS_AT_ONCE):
            some = names[start : start + TOPS_AT_ONCE]
            for name, top in zip(some, await self._core.backplane.tops(some), strict=True):
                self._core.hub.compare(name, top)

    async def _clear(self, name: str) -> int:
        """Ends one suspicion; returns how many subscribers have to load anew."""
        topic = self._core.hub.topics.get(name)
        if topic is None or topic.log is None:
            self._core.hub.suspects.pop(name, None)
            return 0
        epoch = topic.log.position.epoch
        entries_max = self._core.settings.recovery_messages
        after = topic.log.position.offset
        self._core.meters.catch_ups.inc()
        reading = await read_log(self._core.backplane, topic, after=after, limit=entries_max + 1)
        max_bytes = self._core.settings.recovery_topic_max_bytes
        if reading is None or topic.log.catch_up(
            reading, entries_max=entries_max, max_bytes=max_bytes
        ):
            self._core.hub.suspects.pop(name, None)
        self._core.hub.follow_up(topic)
        return 0 if topic.log.position.epoch == epoch else len(topic.subscribers)
