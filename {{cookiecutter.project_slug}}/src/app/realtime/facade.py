"""The realtime core as the rest of the service sees it."""

import asyncio
import time
from collections.abc import Callable

from app.errors import TooLarge
from app.principal import MachineId
from app.principal import SessionId
from app.principal import TokenId
from app.principal import UserId
from app.realtime.asgi import ASGIApp
from app.realtime.backplane import NOWHERE
from app.realtime.backplane import Backplane
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.connections.heartbeat import BEAT_SECONDS
from app.realtime.connections.limits import InboundLimits
from app.realtime.control import Control
from app.realtime.control import Cut
from app.realtime.control import Disconnect
from app.realtime.control import EndSubscription
from app.realtime.control import Forget
from app.realtime.control import OnDisconnect
from app.realtime.credentials import Authenticate
from app.realtime.drain import drain
from app.realtime.endpoints.endpoint import RealtimeEndpoint
from app.realtime.inspection import Inspection
from app.realtime.inspection import Inspector
from app.realtime.measuring import measured_publish
from app.realtime.methods import Handler
from app.realtime.methods import Method
from app.realtime.metrics import Meters
from app.realtime.presence_store import PresenceStore
from app.realtime.subscribing.catch_up import CatchUp
from app.realtime.subscribing.log_reading import ABOVE_EVERY_OFFSET
from app.realtime.subscribing.pacing import Pacing
from app.realtime.topics import TopicNamespace
from app.realtime.wiring import build_core
from app.settings import RealtimeSettings


class Realtime:
    """Topics, who listens here, and the way to other processes: build, declare, then open it."""

    def __init__(
        self,
        settings: RealtimeSettings,
        *,
        backplane: Backplane,
        presence: PresenceStore,
        authenticate: Authenticate,
        origins: frozenset[str],
        clock: Callable[[], float] = time.monotonic,
        meters: Meters | None = None,
    ) -> None:
        self._core, awake = build_core(
            settings,
            backplane=backplane,
            presence=presence,
            authenticate=authenticate,
            origins=origins,
            clock=clock,
            publish=self.publish,
            meters=meters,
        )
        self._catch_up = CatchUp(self._core, awake)
        self._pacing = Pacing(self._core)
        self._control = Control(self._core)
        self._inspector = Inspector(self._core, self._control)

    @property
    def degraded(self) -> bool:
        """Whether the backplane is away: messages of other processes do not arrive."""
        return self._core.hub.degraded

    @property
    def failing(self) -> list[str]:
        """Names the tasks that keep crashing, of the core and of its adapters."""
        return self._core.failing

    @property
    def connections(self) -> int:
        """How many sockets and streams are open in this process."""
        return len(self._core.hub.connections)

    @property
    def machines(self) -> set[MachineId]:
        """The machines that have a socket or a stream open in this process."""
        return self._core.hub.machines

    @property
    def meters(self) -> Meters:
        """What is counted and measured here."""
        return self._core.meters

    @property
    def namespaces(self) -> list[TopicNamespace]:
        """Every namespace that was declared."""
        return self._core.access.all()

    @property
    def methods(self) -> list[Method]:
        """Every method that clients may call."""
        return self._core.methods.all()

    def on_disconnect(self, callback: OnDisconnect) -> None:
        """Has ``callback`` called in every process with whomever ``disconnect`` names anywhere."""
        self._control.on_disconnect = callback

    def declare(self, namespace: TopicNamespace) -> None:
        """Adds a namespace of topics.

        Raises:
            ValueError: its name is taken or no name, or its policies contradict each other.
        """
        self._core.access.declare(namespace)

    def method(self, name: str, handler: Handler, *, scope: str | None = None) -> None:
        """Lets clients call ``handler`` as ``name``; see ``methods``.

        ``scope`` is what an API token needs for it; without one no token will do.

        Raises:
            TypeError: the handler does not take a caller and annotated data.
            ValueError: the name is empty or taken.
        """
        self._core.methods.add(name, handler, scope=scope)

    def hold_callers_to(self, kind: str, limits: InboundLimits) -> None:
        """Gives callers of a kind (``Principal.kind``) other limits than the settings say."""
        self._core.inbound[kind] = limits

    async def open(self) -> None:
        """Starts everything; returns at once even when the backplane's server is away."""
        await self._core.backplane.open(self._core.hub)
        await self._core.presence.open(self._core.hub)
        self._core.supervisor.keep("heartbeat", self._beat)
        self._core.supervisor.keep("catch-up", self._catch_up.run)
        self._core.supervisor.keep("pacing", self._pacing.run)
        self._core.supervisor.keep("quiet check", self._catch_up.watch_quiet_topics)
        self._core.supervisor.keep("sessions", self._core.sessions.run)
        self._core.supervisor.keep("control", self._control.run)

    async def close(self) -> None:
        """Stops everything that ``open`` started; ``drain`` first."""
        await self._core.supervisor.close()
        await self._core.presence.close()
        await self._core.backplane.close()

    def endpoint(self, inner: ASGIApp) -> RealtimeEndpoint:
        """Returns the ASGI application that serves sockets and streams and hands on the rest."""
        return RealtimeEndpoint(self._core, inner)

    async def publish(
        self, topic: str, data: bytes, *, key: str | None = None, key_seconds: int = 300
    ) -> Published:
        """Sends ``data``, JSON text in UTF-8, to every subscriber of ``topic`` in every process.

        On a topic that keeps a log, publishing again with the same ``key`` within ``key_seconds``
        changes nothing. On an ephemeral one the result has no epoch.

        Raises:
            BackplaneUnavailable: no answer in time; it may have taken effect.
            LookupError: the topic's namespace was never declared.
            TooLarge: ``data`` is over the limit of its namespace.
        """
        namespace = self._declared(topic)
        if len(data) > namespace.data_max_bytes:
            raise TooLarge(f"a message on {topic}", limit_bytes=namespace.data_max_bytes)
        backplane = self._core.backplane
        window = namespace.window
        if window is not None:
            with measured_publish(self._core, topic) as landed:
                answer = await backplane.publish(
                    topic, data, window=window, key=key, key_seconds=key_seconds
                )
                return landed(answer)
        await backplane.signal(topic, data)
        return Published(NOWHERE.epoch, NOWHERE.offset)

    async def position(self, topic: str) -> Position:
        """Returns the newest position of ``topic``; a page reads it before the rows it renders.

        While the backplane is away it is what this process fanned out: no newer, hence safe.

        Raises:
            BackplaneUnavailable: the server is away and nobody here listens to the topic.
            LookupError: the topic's namespace was never declared.
        """
        window = self._declared(topic).window
        if window is None:
            return NOWHERE
        try:
            history = await self._core.backplane.history(
                topic, window=window, after=ABOVE_EVERY_OFFSET, limit=1
            )
        except BackplaneUnavailable:
            state = self._core.hub.topics.get(topic)
            if state is None or state.log is None or state.log.state == "idle":
                raise
            return state.log.position
        return history.top

    async def drain(self, *, window_seconds: float, deadline_seconds: float) -> None:
        """Sends newcomers away and ends every connection; see ``drain``."""
        await drain(self._core, window_seconds=window_seconds, deadline_seconds=deadline_seconds)

    async def disconnect(
        self,
        *,
        user: UserId | None = None,
        session: SessionId | None = None,
        token: TokenId | None = None,
        machine: MachineId | None = None,
    ) -> None:
        """Ends the connections of any of these, in every process, with 4401."""
        order = Disconnect(user=user, session=session, token=token, machine=machine)
        await self._control.give(order)

    async def forget(self, *, session: SessionId) -> None:
        """Has every process forget what it believes of a session; its connections stay."""
        await self._control.give(Forget(session=session))

    async def end_subscription(self, topic: str, *, user: UserId) -> None:
        """Ends what ``user`` hears of ``topic`` in every process: they may no longer."""
        await self._control.give(EndSubscription(topic=topic, user=user))

    async def inspect(self) -> Inspection:
        """Returns what is open in every process, within half a second; see ``inspection``."""
        return await self._inspector.inspect()

    async def cut(self, connection_id: str) -> None:
        """Ends one connection, in whatever process it is, with 4403; a client stays away."""
        await self._control.give(Cut(connection=connection_id))

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self._core.meters.loop_lag_seconds.observe(max(0.0, loop.time() - due))
            self._core.heartbeat.beat(self._core.clock())

    def _declared(self, topic: str) -> TopicNamespace:
        namespace = self._core.access.namespace(topic)
        if namespace is None:
            raise LookupError(f"no namespace was declared for the topic {topic!r}")
        return namespace
