"""``/realtime/events``: one stream of server-sent events from the request to the end."""

import random
import secrets
from collections.abc import Sequence
from urllib.parse import parse_qs

import structlog

from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.asgi import header
from app.realtime.backplane import NOWHERE
from app.realtime.backplane import Position
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.stream_connection import StreamConnection
from app.realtime.connections.writers import StreamWriter
from app.realtime.core import Core
from app.realtime.endpoints.greeting import NotLetIn
from app.realtime.endpoints.greeting import begin_talking
from app.realtime.endpoints.greeting import greet
from app.realtime.endpoints.greeting import let_in
from app.realtime.endpoints.handshake import WRONG_ORIGIN
from app.realtime.endpoints.handshake import Denial
from app.realtime.endpoints.handshake import enter
from app.realtime.endpoints.handshake import is_foreign_stream
from app.realtime.endpoints.refusing import refuse_request
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Push
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.cursor import decode_cursor
from app.realtime.protocol.messages import TOPIC_MAX_CHARACTERS
from app.realtime.subscribing.departing import depart
from app.realtime.subscribing.subscribing import subscribe
from app.realtime.subscribing.subscription import Outcome
from app.realtime.subscribing.subscription import Refused
from app.realtime.subscribing.subscription import Subscribed
from app.realtime.subscribing.subscription import Wanted

log = structlog.get_logger()

TOPICS_MAX = 16
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]
NOT_GET = Denial(405, "A stream is opened with GET.", "method", allow=b"GET")
BAD_TOPICS = Denial(
    400, f"Name 1 to {TOPICS_MAX} topics of at most {TOPIC_MAX_CHARACTERS} characters.", "topics"
)
NO_SESSION = Denial(401, "Sign in first.", "unauthenticated")


async def serve_stream(core: Core, scope: Scope, receive: Receive, send: Send) -> None:
    """Serves one stream; returns when it is gone and nothing of it is left."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    topics = list(dict.fromkeys(query.get("topic", ())))
    denial = _judge(core, scope, topics)
    if denial is not None:
        core.meters.refused(denial.reason)
        await refuse_request(send, denial)
        return
    full = enter(core, scope)
    if full is not None:
        core.meters.refused(full.reason)
        await _ask_to_come_back(core, send)
        return
    connection = _connection(core, scope, send, topics)
    try:
        await let_in(core, connection)
        await _begin(core, send)
        connection.outbound.writer = core.writers.for_stream(scope, send)
        core.attach(connection)
        await _subscribe(core, connection, _wanted(scope, query, topics))
        await _until_gone(receive)
        if not connection.is_closing:
            core.meters.left()
    except NotLetIn as turned_away:
        core.meters.refused(turned_away.code.name.lower())
        await _turn_away(core, send, turned_away)
    finally:
        depart(core, connection)


def _judge(core: Core, scope: Scope, topics: Sequence[str]) -> Denial | None:
    if scope["method"] != "GET":
        return NOT_GET
    if is_foreign_stream(scope, core.origins):
        return WRONG_ORIGIN
    are_fine = all(len(topic) <= TOPIC_MAX_CHARACTERS for topic in topics)
    return None if are_fine and 1 <= len(topics) <= TOPICS_MAX else BAD_TOPICS


async def _turn_away(core: Core, send: Send, turned_away: NotLetIn) -> None:
    if turned_away.code is CloseCode.UNAUTHENTICATED:
        await refuse_request(send, NO_SESSION)
    else:
        await _ask_to_come_back(core, send)


async def _ask_to_come_back(core: Core, send: Send) -> None:
    # A browser's EventSource stops for good on anything but 200.
    await _begin(core, send)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _begin(core: Core, send: Send) -> None:
    window_ms = round(core.settings.retry_window_seconds * 1000)
    retry = b"retry: %d\n\n" % random.randint(0, window_ms)  # noqa: S311 - jitter
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": retry, "more_body": True})


def _wanted(scope: Scope, query: dict[str, list[str]], topics: Sequence[str]) -> list[Wanted]:
    # A reconnect repeats the URL, so what the browser adds is the newer one.
    cursor = header(scope, b"last-event-id") or query.get("cursor", [""])[0]
    if not cursor:
        return [Wanted(topic) for topic in topics]
    positions = decode_cursor(cursor, topics)
    if positions is None:
        return [Wanted(topic, has_foreign_cursor=True) for topic in topics]
    return [
        Wanted(topic, since=None if position == NOWHERE else position)
        for topic, position in zip(topics, positions, strict=True)
    ]


async def _subscribe(core: Core, connection: StreamConnection, wanted: Sequence[Wanted]) -> None:
    def answer(outcomes: Sequence[Outcome]) -> None:
        if any(isinstance(one, Refused) and one.refusal.retry for one in outcomes):
            connection.close(CloseCode.OVERLOADED, "unavailable")
            return
        begun = [one for one in outcomes if isinstance(one, Subscribed)]
        connection.place({one.topic: one.begins_at for one in begun})
        value = greet(core, connection, [one.value_before() for one in outcomes])
        connection.tell("welcome", frames.welcome(value))
        for one in begun:
            connection.tell_history(one.topic, _pushes(one))
        begin_talking(core, connection, begun)

    await subscribe(core, connection, wanted, answer=answer)


def _pushes(begun: Subscribed) -> list[Push]:
    prefix, epoch = frames.message_prefix(begun.topic), begun.position.epoch
    return [
        Push("message", frames.message(prefix, entry), position=Position(epoch, entry.offset))
        for entry in begun.messages
    ]


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _connection(core: Core, scope: Scope, send: Send, topics: Sequence[str]) -> StreamConnection:
    now = core.clock()
    return StreamConnection(
        f"s-{secrets.token_urlsafe(9)}",
        Outbound(StreamWriter(send), core.backlog),
        scope,
        now=now,
        ends_at=now + core.jittered(core.settings.stream_age_seconds),
        topics=topics,
    )
