"""``/realtime/socket``: one WebSocket from the handshake to the end."""

import secrets

import structlog

from app.realtime.asgi import Receive
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.connections.writers import SocketWriter
from app.realtime.core import Core
from app.realtime.endpoints.commands import Commands
from app.realtime.endpoints.handshake import judge_socket
from app.realtime.endpoints.inbound import Inbound
from app.realtime.endpoints.refusing import refuse_socket
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.subscribing.departing import depart
from app.telemetry import note

log = structlog.get_logger()


async def serve_socket(core: Core, scope: Scope, receive: Receive, send: Send) -> None:
    """Serves one socket; returns when it is gone and nothing of it is left."""
    await receive()
    denial = judge_socket(core, scope)
    if denial is not None:
        core.meters.refused(denial.reason)
        log.info("realtime.handshake_refused", reason=denial.reason)
        await refuse_socket(send, denial)
        return
    connection = _connection(core, scope, send)
    try:
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL, "headers": []})
        connection.outbound.writer = core.writers.for_socket(scope, send)
        core.attach(connection)
        await _read(core, connection, receive)
    finally:
        connection.cancel_calls()
        depart(core, connection)


async def _read(core: Core, connection: SocketConnection, receive: Receive) -> None:
    inbound = Inbound(core, connection, Commands(core, connection))
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            if not connection.is_closing:
                core.meters.left()
                note(client_code=event.get("code", 1005))
            return
        # Once the goodbye is decided only the client's answer to it is waited for.
        if not connection.is_closing:
            try:
                await inbound.frame(event.get("text"))
            except Exception:
                log.exception("realtime.socket_failed", connection=connection.id)
                connection.close(CloseCode.INTERNAL, "our fault")
        del event  # or the last frame of every idle client would stay here


def _connection(core: Core, scope: Scope, send: Send) -> SocketConnection:
    now = core.clock()
    return SocketConnection(
        f"c-{secrets.token_urlsafe(9)}",
        Outbound(SocketWriter(send), core.backlog),
        scope,
        now=now,
        ends_at=now + core.jittered(core.settings.socket_age_seconds),
        rate=InboundRate(core.settings, now=now),
    )
