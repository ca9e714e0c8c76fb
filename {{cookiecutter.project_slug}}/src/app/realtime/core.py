"""The parts of the realtime core, bundled for those who work with several of them."""

import asyncio
import random
from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

from app.realtime.access import Access
from app.realtime.backplane import Backplane
from app.realtime.backplane import Published
from app.realtime.connections.backlog import Backlog
from app.realtime.connections.callers import Callers
from app.realtime.connections.connection import Connection
from app.realtime.connections.heartbeat import Heartbeat
from app.realtime.connections.limits import Admission
from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.session_check import SessionCheck
from app.realtime.connections.writers import Writers
from app.realtime.credentials import Authenticate
from app.realtime.hub.hub import Hub
from app.realtime.hub.interest import Interest
from app.realtime.methods import Methods
from app.realtime.metrics import Meters
from app.realtime.presence_store import PresenceStore
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.supervise import Supervisor
from app.settings import RealtimeSettings

READINGS_AT_ONCE = 16


@dataclass(slots=True)
class Core:
    """Everything that lives as long as the process; wired in ``facade``.

    ``revocations`` counts the orders to disconnect somebody. ``publish`` is the one of
    ``Realtime``: a client's message goes the same way as a feature's.
    """

    settings: RealtimeSettings
    backplane: Backplane
    presence: PresenceStore
    authenticate: Authenticate
    origins: frozenset[str]
    access: Access
    hub: Hub
    interest: Interest
    backlog: Backlog
    writers: Writers
    admission: Admission
    supervisor: Supervisor
    clock: Callable[[], float]
    meters: Meters
    sessions: SessionCheck
    heartbeat: Heartbeat
    callers: Callers
    methods: Methods
    publish: Callable[..., Awaitable[Published]]
    take_place: Callable[[Connection, str], None] = field(default=lambda _connection, _topic: None)
    inbound: dict[str, InboundLimits] = field(default_factory=dict)
    readings: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READINGS_AT_ONCE))
    untold: asyncio.Event = field(default_factory=asyncio.Event)
    is_draining: bool = field(default=False)
    revocations: int = field(default=0)

    @property
    def failing(self) -> list[str]:
        """The tasks that keep crashing, of the core itself and of its adapters."""
        parts = (self.supervisor, self.backplane, self.presence)
        return [name for part in parts for name in part.failing]

    def attach(self, connection: Connection) -> None:
        """Registers a connection that has been accepted, and watches over it."""
        self.hub.attach(connection)
        self.heartbeat.watch(connection)
        if self.is_draining:
            connection.close(CloseCode.RESTART, "restart")

    def jittered(self, seconds: float) -> float:
        """Returns ``seconds`` give or take a fifth, so that what began together ends apart."""
        return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
