"""Puts the bounds of the transport on an application: the one call that `app.factory` makes."""

from typing import cast

from quart import Quart
from quart import current_app
from quart import request
from quart.signals import got_websocket_exception

from app.settings import WebSettings
from app.transport import websocket_connection
from app.transport.body_limit import body_limit_of
from app.transport.bounded_request import BoundedRequest
from app.transport.http_connection import HTTPConnection
from app.transport.websocket_connection import WebsocketConnection


def harden(app: Quart, settings: WebSettings) -> None:
    """Bounds what a client may send and how long an answer may take.

    To be called before anything else is registered: the size of a body is the first thing checked.
    """
    app.config["MAX_CONTENT_LENGTH"] = settings.body_max_bytes
    app.config["BODY_TIMEOUT"] = settings.body_seconds
    app.config["RESPONSE_TIMEOUT"] = settings.response_seconds
    app.config[websocket_connection.BUFFER_MESSAGES] = settings.websocket_buffer_messages
    app.config[websocket_connection.MESSAGE_MAX_BYTES] = settings.websocket_message_max_bytes
    app.request_class = BoundedRequest
    app.asgi_http_class = HTTPConnection
    app.asgi_websocket_class = WebsocketConnection
    app.before_request(settle_body_limit)
    got_websocket_exception.connect(websocket_connection.note_crash, app)


async def settle_body_limit() -> None:
    """Tells the body of the current request how large it may be.

    Raises:
        TooLarge: it has said already that it is larger.
    """
    declared = body_limit_of(current_app.view_functions.get(request.endpoint or ""))
    limit_bytes = current_app.config["MAX_CONTENT_LENGTH"] if declared is None else declared
    current = cast("BoundedRequest", request)
    current.max_content_length = limit_bytes  # the form parser asks for it
    current.body.settle(limit_bytes)
