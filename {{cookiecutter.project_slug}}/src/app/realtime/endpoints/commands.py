"""What each command does. Every command with an ``id`` gets exactly one reply."""

from collections.abc import Sequence

import structlog

from app.errors import AppError
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.core import Core
from app.realtime.endpoints.greeting import NotLetIn
from app.realtime.endpoints.greeting import begin_talking
from app.realtime.endpoints.greeting import greet
from app.realtime.endpoints.greeting import let_in
from app.realtime.endpoints.greeting import turn_away
from app.realtime.protocol import frames
from app.realtime.protocol.messages import Command
from app.realtime.protocol.messages import Hello
from app.realtime.protocol.messages import Presence
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import Signal
from app.realtime.protocol.messages import Subscribe
from app.realtime.protocol.messages import Unsubscribe
from app.realtime.protocol.messages import Wish
from app.realtime.protocol.messages import refusal_of
from app.realtime.subscribing.departing import end_subscription
from app.realtime.subscribing.subscribing import subscribe
from app.realtime.subscribing.subscription import Outcome
from app.realtime.subscribing.subscription import Refused
from app.realtime.subscribing.subscription import Subscribed
from app.realtime.subscribing.subscription import Wanted

log = structlog.get_logger()

SECOND_HELLO = Refusal("invalid", "hello was said already")
NOT_SUBSCRIBED = Refusal("not_subscribed", "subscribe to the topic first")
NO_SIGNALS = Refusal("forbidden", "this topic takes no signals")
NO_PRESENCE = Refusal("invalid", "this topic knows no presence")
CRASHED = Refusal("internal", "something went wrong", retry=True)


class Commands:
    """The commands of one socket."""

    __slots__ = ("_connection", "_core")

    def __init__(self, core: Core, connection: SocketConnection) -> None:
        self._core = core
        self._connection = connection

    async def run(self, command: Command) -> None:
        """Runs ``command``; whatever it fails with becomes its reply."""
        try:
            refusal = await self._run(command)
        except AppError as failure:
            refusal = refusal_of(failure)
        except Exception:
            log.exception("realtime.command_failed", command=type(command).__name__)
            refusal = CRASHED
        if refusal is not None and command.id is not None:
            self._connection.tell("reply", frames.error(command.id, refusal))

    async def _run(self, command: Command) -> Refusal | None:
        match command:
            case Hello():
                return await self._hello(command)
            case Subscribe():
                return await self._subscribe(command)
            case Unsubscribe():
                return self._unsubscribe(command)
            case Signal():
                return await self._signal(command)
            case _:
                return await self._presence(command)

    async def _hello(self, hello: Hello) -> Refusal | None:
        connection = self._connection
        if connection.is_greeted:
            return SECOND_HELLO
        try:
            await let_in(self._core, connection)
        except NotLetIn as turned_away:
            turn_away(connection, turned_away)
            return None

        def answer(outcomes: Sequence[Outcome]) -> None:
            value = greet(self._core, connection, [outcome.value() for outcome in outcomes])
            self._reply(hello.id, value)
            begin_talking(self._core, connection, _begun(outcomes))

        wanted = [_wanted(wish) for wish in hello.subscriptions]
        await subscribe(self._core, connection, wanted, answer=answer)
        return None

    async def _subscribe(self, command: Subscribe) -> Refusal | None:
        refusals = []

        def answer(outcomes: Sequence[Outcome]) -> None:
            for outcome in outcomes:
                if isinstance(outcome, Refused):
                    refusals.append(outcome.refusal)
                else:
                    self._reply(command.id, outcome.value())
                    self._connection.tell_topic(command.topic, outcome.missed)

        await subscribe(self._core, self._connection, [_wanted(command)], answer=answer)
        return refusals[0] if refusals else None

    def _unsubscribe(self, command: Unsubscribe) -> Refusal | None:
        if command.topic not in self._connection.subscriptions:
            return NOT_SUBSCRIBED
        end_subscription(self._core, self._connection, command.topic)
        self._reply(command.id, b"{}")
        return None

    async def _signal(self, command: Signal) -> Refusal | None:
        core, who, topic = self._core, self._connection.principal, command.topic
        namespace = core.access.namespace(topic)
        if namespace is None or core.hub.listening(self._connection, topic) is None:
            return NOT_SUBSCRIBED
        if not namespace.signals:
            return NO_SIGNALS
        data = bytes(command.data)
        if len(data) > namespace.data_max_bytes:
            return Refusal("too_large", f"over the limit of {namespace.data_max_bytes} bytes")
        refusal = await core.access.refuse(who, topic, "signal")
        if refusal is None:
            await core.backplane.signal(topic, data, sender=self._connection.id, key=command.key)
        return refusal

    async def _presence(self, command: Presence) -> Refusal | None:
        core, topic = self._core, command.topic
        refusal = await core.access.refuse(self._connection.principal, topic, "presence")
        namespace = core.access.namespace(topic)
        if refusal is not None or namespace is None:
            return refusal
        if not namespace.presence:
            return NO_PRESENCE
        who = await core.presence.snapshot(topic)
        self._reply(command.id, frames.snapshot(who))
        return None

    def _reply(self, command_id: int, value: bytes) -> None:
        self._connection.tell("reply", frames.result(command_id, value))


def _wanted(wish: Wish) -> Wanted:
    since = wish.since.position if wish.since is not None else None
    return Wanted(wish.topic, since=since, presence=wish.presence)


def _begun(outcomes: Sequence[Outcome]) -> list[Subscribed]:
    return [outcome for outcome in outcomes if isinstance(outcome, Subscribed)]
