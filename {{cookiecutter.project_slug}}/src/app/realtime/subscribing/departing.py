"""Ending subscriptions and connections without leaving anything behind."""

from collections.abc import Iterable

import structlog

from app.errors import Unavailable
from app.principal import Principal
from app.realtime.asgi import address_of
from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.presence_store import Member
from app.realtime.protocol import frames
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import Refusal

log = structlog.get_logger()


def member_of(who: Principal) -> Member:
    """Returns how a caller appears to the others on a topic."""
    return Member(user=str(who.user_id or who.machine_id or ""), meta={"name": who.name})


def end_subscription(core: Core, connection: Connection, topic: str) -> None:
    """Ends one subscription; presence follows in the background."""
    if core.hub.end(connection, topic):
        core.interest.end(topic)
    if topic in connection.presence_topics:
        others = (one for one in connection.presence_topics if one != topic)
        connection.presence_topics = tuple(others)
        _leave_presence(core, connection, [topic])


def take_away(core: Core, connection: Connection, topic: str, refusal: Refusal) -> None:
    """Ends one subscription against the client's wish, and says so.

    One that is still on its way is not told twice: its own answer is a refusal then.
    """
    if topic in connection.subscriptions:
        was_live = core.hub.listening(connection, topic) is not None
        end_subscription(core, connection, topic)
        if was_live:
            connection.tell("unsubscribed", frames.unsubscribed(topic, refusal))


def depart(core: Core, connection: Connection) -> None:
    """Forgets a connection that has ended: registries, timer, counts, queue, presence."""
    connection.outbound.stop()
    core.heartbeat.forget(connection)
    for topic in core.hub.detach(connection):
        core.interest.end(topic)
    core.admission.leave(address_of(connection.scope))
    stop_counting(core, connection)
    if connection.presence_topics:
        _leave_presence(core, connection, connection.presence_topics)
        connection.presence_topics = ()


def stop_counting(core: Core, connection: Connection) -> None:
    """Takes the connection from the count of its caller, if it is in one."""
    caller, connection.counted_as = connection.counted_as, None
    if caller is not None:
        core.admission.leave_caller(caller)


def _leave_presence(core: Core, connection: Connection, topics: Iterable[str]) -> None:
    # Whoever was given up for silence has been away for half a minute: that is no reload.
    was_silent = connection.outbound.closing is CloseCode.NO_PONG
    core.supervisor.start(
        "leave presence", _leave(core, connection.id, list(topics), at_once=was_silent)
    )


async def _leave(core: Core, connection_id: str, topics: list[str], *, at_once: bool) -> None:
    for topic in topics:
        try:
            linger_seconds = 0.0 if at_once else _linger_seconds(core, topic)
            await core.presence.leave(topic, connection_id, linger_seconds=linger_seconds)
        except Unavailable:
            # The store keeps its node's entries and tells the server what is left when it is back.
            log.warning("realtime.presence_leave_failed", topic=topic, connection=connection_id)


def _linger_seconds(core: Core, topic: str) -> float:
    namespace = core.access.namespace(topic)
    own_seconds = namespace.presence_linger_seconds if namespace else None
    return core.settings.presence_linger_seconds if own_seconds is None else own_seconds
