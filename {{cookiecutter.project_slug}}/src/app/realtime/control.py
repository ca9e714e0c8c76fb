"""Orders to every process: a window topic that no client can name."""

import asyncio
from collections.abc import Callable
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec
import structlog

from app.principal import MachineId
from app.principal import Principal
from app.principal import SessionId
from app.principal import TokenId
from app.principal import UserId
from app.realtime.backplane import BackplaneUnavailable
from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import Refusal
from app.realtime.subscribing.departing import take_away
from app.realtime.subscribing.log_reading import ABOVE_EVERY_OFFSET
from app.realtime.subscribing.log_reading import read_log
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window

log = structlog.get_logger()

CONTROL_TOPIC = "control:all"
CONTROL_WINDOW = Window(messages=1_000, seconds=600)
RETRY_SECONDS = 0.5
NO_LONGER = Refusal("forbidden", "no longer allowed")


class Disconnect(msgspec.Struct, tag="disconnect", omit_defaults=True):
    """Ends all of a user, session, API token or machine; a user's machines are judged anew."""

    user: UUID | None = None
    session: UUID | None = None
    token: UUID | None = None
    machine: UUID | None = None


class Forget(msgspec.Struct, tag="forget"):
    """Has every process read a session anew; its connections stay."""

    session: UUID


class EndSubscription(msgspec.Struct, tag="end_subscription"):
    """Ends what a user's connections hear of a topic."""

    topic: str
    user: UUID


class TakePlace(msgspec.Struct, tag="take_place"):
    """Ends the older connections of a user that listen to a topic: ``connection`` came instead."""

    topic: str
    user: UUID
    connection: str


class Cut(msgspec.Struct, tag="cut"):
    """Ends one connection, wherever it is."""

    connection: str


class Inspect(msgspec.Struct, tag="inspect"):
    """Has every process say on ``topic`` what is open there; see ``inspection``."""

    topic: str


Order = Disconnect | Forget | EndSubscription | TakePlace | Cut | Inspect
_decoder: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)


async def _nobody(who: Principal, key: str, action: Action) -> bool:
    return False


NAMESPACE = TopicNamespace("control", kind=CONTROL_WINDOW, authorise=_nobody)


class OnDisconnect(Protocol):
    """Told in every process that a user, or one session, is to be disconnected."""

    def __call__(self, *, user: UserId | None, session: SessionId | None) -> None:
        """Forgets what this process believes of them."""
        ...


def _nothing_to_forget(*, user: UserId | None, session: SessionId | None) -> None: ...


class Control:
    """Gives orders to all processes and obeys those of others; a subscriber like any other."""

    id = "control"

    def __init__(self, core: Core) -> None:
        self._core = core
        self.on_disconnect: OnDisconnect = _nothing_to_forget
        self.on_inspect: Callable[[str], None] = lambda _topic: None
        core.take_place = self._take_place

    async def give(self, order: Order) -> None:
        """Obeys ``order`` here at once and hands it to every process.

        With the backplane away the other processes learn of an ended session when they look at it
        again, after ``session_check_seconds`` at the latest.
        """
        self._obey(order)
        try:
            await self._publish(order)
        except BackplaneUnavailable as failure:
            log.warning("realtime.order_not_published", detail=failure.detail)

    async def ask(self, order: Order) -> None:
        """Hands ``order`` to every process, this one among them.

        Raises:
            BackplaneUnavailable: nobody else can be reached.
        """
        await self._publish(order)

    async def _publish(self, order: Order) -> None:
        data = msgspec.json.encode(order)
        await self._core.backplane.publish(CONTROL_TOPIC, data, window=CONTROL_WINDOW)

    async def run(self) -> None:
        """Listens for ever, from the moment the backplane can be reached."""
        topic = self._core.hub.begin(self, CONTROL_TOPIC, NAMESPACE)
        while True:
            try:
                await self._core.interest.confirm(CONTROL_TOPIC)
                reading = await read_log(
                    self._core.backplane, topic, after=ABOVE_EVERY_OFFSET, limit=1
                )
                break
            except BackplaneUnavailable:
                await asyncio.sleep(RETRY_SECONDS)
        topic.absorb(reading)
        topic.go_live(self)
        self._core.hub.follow_up(topic)
        await asyncio.Event().wait()

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Obeys the orders of other processes, and once more our own."""
        for push in batch.pushes:
            if push.event == "message":
                self._obey(_decoder.decode(push.data))
            else:
                # An order may be lost: look at every session again.
                self._core.sessions.look_at(*self._core.hub.greeted())

    def _obey(self, order: Order) -> None:
        match order:
            case Disconnect():
                self._disconnect(order)
            case Forget(session_id):
                self.on_disconnect(user=None, session=SessionId(session_id))
            case TakePlace(topic, user, connection_id):
                self._give_way(topic, UserId(user), connection_id)
            case Cut(connection_id):
                self._cut(connection_id)
            case Inspect(topic):
                self.on_inspect(topic)
            case _:
                self._end_subscription(order.topic, UserId(order.user))

    def _disconnect(self, order: Disconnect) -> None:
        user = UserId(order.user) if order.user else None
        session = SessionId(order.session) if order.session else None
        self._core.revocations += 1
        self.on_disconnect(user=user, session=session)
        for connection in self._core.hub.connections_of(
            user=user,
            session=session,
            token=TokenId(order.token) if order.token else None,
            machine=MachineId(order.machine) if order.machine else None,
        ):
            connection.close(CloseCode.UNAUTHENTICATED, "signed out")
        self._core.sessions.look_at(*self._core.hub.machines_of(user))

    def _cut(self, connection_id: str) -> None:
        connection = self._core.hub.connections.get(connection_id)
        if connection is not None:
            connection.close(CloseCode.FORBIDDEN, "disconnected by an administrator")

    def _take_place(self, connection: Connection, topic: str) -> None:
        user = connection.principal.user_id
        if user is not None:
            # Whoever listens in this process was here before.
            self._replace([one for one in self._listeners(topic, user) if one is not connection])
            self._core.supervisor.start("take place", self._claim(connection, topic, user))

    async def _claim(self, connection: Connection, topic: str, user: UserId) -> None:
        order = TakePlace(topic=topic, user=user, connection=connection.id)
        try:
            await self._publish(order)
        except BackplaneUnavailable as failure:
            log.warning("realtime.order_not_published", detail=failure.detail)
            self._note_claim(connection, topic)

    def _give_way(self, topic: str, user: UserId, connection_id: str) -> None:
        """Obeys: whoever has not heard their own order yet is the newer one, wherever they are."""
        listeners = self._listeners(topic, user)
        self._replace(
            [
                one
                for one in listeners
                if one.id != connection_id and one.subscriptions[topic].is_claimed
            ]
        )
        for one in listeners:
            if one.id == connection_id:
                self._note_claim(one, topic)

    def _listeners(self, topic: str, user: UserId) -> list[Connection]:
        state = self._core.hub.topics.get(topic)
        return [
            one
            for one in (state.subscribers if state else ())
            if isinstance(one, Connection) and one.principal.user_id == user
        ]

    @staticmethod
    def _note_claim(connection: Connection, topic: str) -> None:
        if topic in connection.subscriptions:
            connection.subscriptions[topic].is_claimed = True

    @staticmethod
    def _replace(connections: Sequence[Connection]) -> None:
        for connection in connections:
            connection.close(CloseCode.REPLACED, "a newer connection took the place")

    def _end_subscription(self, topic: str, user: UserId) -> None:
        core = self._core
        core.access.forget(user, topic)
        for connection in core.hub.connections_of(user=user):
            take_away(core, connection, topic, NO_LONGER)
