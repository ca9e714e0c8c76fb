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
from app.realtime.protocol.messages import Refusal

log = structlog.get_logger()


def member_of(who: Principal) -> Member:
    """Returns how a caller appears to the others on a topic."""
    return Member(user=str(who.user_id or ""), meta={"name": who.name})


def end_subscription(core: Core, connection: Connection, topic: str) -> None:
    """Ends one subscription; presence follows in the background."""
    if core.hub.end(connection, topic):
        core.interest.end(topic)
    if topic in connection.presence_topics:
        connection.presence_topics -= {topic}
        _leave_presence(core, connection.id, [topic])


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
    """Forgets a connection that has ended: registries, counts, queue, presence."""
    connection.outbound.stop()
    for topic in core.hub.detach(connection):
        core.interest.end(topic)
    core.admission.leave(address_of(connection.scope))
    user = connection.principal.user_id
    if user is not None:
        core.admission.leave_user(user)
    if connection.presence_topics:
        _leave_presence(core, connection.id, connection.presence_topics)
        connection.presence_topics = frozenset()


def _leave_presence(core: Core, connection_id: str, topics: Iterable[str]) -> None:
    core.supervisor.start("leave presence", _leave(core, connection_id, list(topics)))


async def _leave(core: Core, connection_id: str, topics: list[str]) -> None:
    for topic in topics:
        namespace = core.access.namespace(topic)
        linger_seconds = namespace.presence_linger_seconds if namespace else None
        if linger_seconds is None:
            linger_seconds = core.settings.presence_linger_seconds
        try:
            await core.presence.leave(topic, connection_id, linger_seconds=linger_seconds)
        except Unavailable:
            # The store keeps its node's entries and tells the server what is left when it is back.
            log.warning("realtime.presence_leave_failed", topic=topic, connection=connection_id)
