"""What each command does. Every command with an ``id`` gets exactly one reply."""

from collections.abc import Sequence

import structlog

from app.errors import AppError
from app.realtime.connections.calls import Calls
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.core import Core
from app.realtime.endpoints.asker import Asker
from app.realtime.endpoints.asking import CRASHED
from app.realtime.endpoints.asking import call
from app.realtime.endpoints.asking import presence
from app.realtime.endpoints.asking import publish
from app.realtime.endpoints.asking import signal
from app.realtime.endpoints.greeting import NotLetIn
from app.realtime.endpoints.greeting import begin_talking
from app.realtime.endpoints.greeting import greet
from app.realtime.endpoints.greeting import let_in
from app.realtime.endpoints.greeting import turn_away
from app.realtime.endpoints.reading_back import history
from app.realtime.endpoints.refreshing import refresh
from app.realtime.protocol import frames
from app.realtime.protocol.messages import Call
from app.realtime.protocol.messages import Command
from app.realtime.protocol.messages import Hello
from app.realtime.protocol.messages import History
from app.realtime.protocol.messages import Presence
from app.realtime.protocol.messages import Publish
from app.realtime.protocol.messages import Refresh
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
CALLS_AFTER_MS = 1_000

Answered = Publish | Call | History | Presence | Refresh


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
            case Call():
                return self._call(command)
            case Publish():
                return self._answer(command, await publish(self._core, self._asker, command))
            case History():
                return self._answer(command, await history(self._core, self._asker, command))
            case Presence():
                return self._answer(command, await presence(self._core, self._asker, command))
            case _:
                return self._answer(command, await refresh(self._core, self._connection, command))

    async def _hello(self, hello: Hello) -> Refusal | None:
        connection = self._connection
        if connection.is_greeted:
            return SECOND_HELLO
        try:
            await let_in(self._core, connection, ticket=hello.ticket)
        except NotLetIn as turned_away:
            self._core.meters.refused(turned_away.code.name.lower())
            turn_away(connection, turned_away)
            return None
        limits = self._core.inbound.get(connection.principal.kind)
        if limits is not None:
            connection.rate.hold_to(limits, now=self._core.clock())

        def answer(outcomes: Sequence[Outcome]) -> None:
            value = greet(self._core, connection, [outcome.value() for outcome in outcomes])
            self._reply(hello.id, value)
            begin_talking(self._core, connection, _begun(outcomes))

        wanted = [_wanted(wish) for wish in hello.subscriptions]
        try:
            await subscribe(self._core, connection, wanted, answer=answer)
        except Exception:
            # The next hello may be somebody else's, who must not inherit anything.
            for topic in list(connection.subscriptions):
                end_subscription(self._core, connection, topic)
            raise
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
        if self._core.hub.listening(self._connection, command.topic) is None:
            return NOT_SUBSCRIBED
        return await signal(self._core, self._asker, command)

    def _call(self, command: Call) -> Refusal | None:
        connection, most = self._connection, self._core.settings.calls_per_connection
        if connection.calls is None:
            connection.calls = Calls()
        if len(connection.calls) >= most:
            return Refusal("rate_limited", f"{most} calls run already", True, CALLS_AFTER_MS)
        connection.calls.start(self._run_call(command))
        return None

    async def _run_call(self, command: Call) -> None:
        refusal = self._answer(command, await call(self._core, self._asker, command))
        if refusal is not None:
            self._connection.tell("reply", frames.error(command.id, refusal))

    @property
    def _asker(self) -> Asker:
        return Asker(self._connection.principal, self._connection.id)

    def _answer(self, command: Answered, answer: bytes | Refusal) -> Refusal | None:
        if isinstance(answer, Refusal):
            return answer
        self._reply(command.id, answer)
        return None

    def _reply(self, command_id: int, value: bytes) -> None:
        self._connection.tell("reply", frames.result(command_id, value))


def _wanted(wish: Wish) -> Wanted:
    since = wish.since.position if wish.since is not None else None
    return Wanted(wish.topic, since=since, presence=wish.presence)


def _begun(outcomes: Sequence[Outcome]) -> list[Subscribed]:
    return [outcome for outcome in outcomes if isinstance(outcome, Subscribed)]
