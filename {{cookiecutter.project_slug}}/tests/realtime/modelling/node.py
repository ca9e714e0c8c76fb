"""One process of the model: a real core over a model station, in a time that a test passes."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace

from app.realtime.core import Core
from app.realtime.drain import drain
from app.realtime.subscribing.catch_up import CatchUp
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.realtime.wiring import build_core
from app.settings import RealtimeSettings
from tests.realtime.modelling.server import ModelServer
from tests.realtime.modelling.station import ModelPresence
from tests.realtime.modelling.station import Station
from tests.realtime.rig import Door

ROOM = "room:7"
TOLD = "told:7"
STATE = "state:7"
TOPICS = (ROOM, TOLD, STATE)
WINDOW = Window(messages=12)
SETTINGS = RealtimeSettings.model_construct(
    recovery_messages=8,
    subscribing_buffer_messages=4,
    outbound_max_messages=6,
    outbound_max_bytes=1_500,
    drain_window_seconds=1.0,
)
UNBOUNDED = RealtimeSettings.model_construct(
    recovery_messages=8, subscribing_buffer_messages=4, drain_window_seconds=1.0
)


@dataclass(frozen=True)
class Bugs:
    """Protective steps that can be switched off, to see that the machine notices."""

    epochs_come_back: bool = False
    nobody_reaps_the_dead: bool = False
    nothing_is_suspected: bool = False
    gaps_are_not_told: bool = False
    windows_are_conflated: bool = False
    queues_are_unbounded: bool = False
    connections_are_forgotten: bool = False
    the_client_asks_one_too_early: bool = False


def namespaces() -> list[TopicNamespace]:
    """Returns what is declared on every process."""
    may = Door().authorise
    return [
        TopicNamespace("room", kind=WINDOW, authorise=may, presence=True, signals=True),
        TopicNamespace("told", kind=WINDOW, authorise=may, on_slow="drop_oldest"),
        TopicNamespace("state", kind=Latest(), authorise=may),
    ]


class Node:
    """One process."""

    def __init__(
        self, server: ModelServer, name: str, *, clock: Callable[[], float], bugs: Bugs
    ) -> None:
        self.name = name
        self.station = Station(server, name, tells_suspicion=not bugs.nothing_is_suspected)
        self.holds_announcements = False
        self.holds_answers = False
        self._bugs = bugs
        self._tasks: set[asyncio.Task[None]] = set()
        self.core: Core
        self.core, awake = build_core(
            UNBOUNDED if bugs.queues_are_unbounded else SETTINGS,
            backplane=self.station,
            presence=ModelPresence(self.station),
            authenticate=Door().authenticate,
            origins=frozenset(),
            clock=clock,
        )
        for namespace in namespaces():
            self.core.access.declare(namespace)
        if bugs.windows_are_conflated:
            # What ``declare`` refuses.
            told = replace(namespaces()[1], on_slow="latest")
            self.core.access._namespaces["told"] = told
        self._catch_up = CatchUp(self.core, awake)

    async def start(self) -> None:
        """Opens the core as the facade does, without control and sessions."""
        await self.station.open(self.core.hub)
        await self.core.presence.open(self.core.hub)
        self.core.supervisor.keep("catch-up", self._catch_up.run)
        if not self._bugs.nothing_is_suspected:
            self.core.supervisor.keep("quiet check", self._catch_up.watch_quiet_topics)

    def start_task(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Runs something that dies with the process."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def drain(self) -> None:
        """Begins to go away politely."""
        self.start_task(drain(self.core, window_seconds=1.0, deadline_seconds=2.0))

    async def stop(self) -> None:
        """Stops every task, with no goodbye to anybody."""
        await self.station.close()
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self.core.hub.connections.values()):
            connection.outbound.stop()
        await self.core.supervisor.close()
