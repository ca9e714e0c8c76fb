"""Puts the bounds of the transport on an application: the one call that `app.factory` makes."""

from typing import Any
from typing import cast

from quart import Quart
from quart import current_app
from quart import request
from quart.signals import got_websocket_exception

from app.settings import WebSettings
from app.transport import websocket_connection
from app.transport.body_limit import body_limit_of
from app.transport.bounded_request import BoundedRequest
from app.transport.http_connection import WRITE_SECONDS
from app.transport.late_rules import LateRule
from app.transport.pace import MinimumRate
from app.transport.plain_exchange import PlainHTTPConnection
from app.transport.plain_exchange import remember_async_functions
from app.transport.quick_dispatch import dispatch_quickly
from app.transport.quick_json import QuickJSON
from app.transport.quick_routing import route_quickly
from app.transport.ranged_response import RangedResponse
from app.transport.websocket_connection import WebsocketConnection

BODY_RATE = "BODY_MINIMUM_RATE"


def harden(app: Quart, settings: WebSettings) -> None:
    """Bounds what a client may send and how long an answer may take.

    To be called before anything else is registered: the size of a body is the first thing checked.
    """
    app.config["MAX_CONTENT_LENGTH"] = settings.body_max_bytes
    app.config["MAX_FORM_PARTS"] = settings.form_max_parts
    app.config["BODY_TIMEOUT"] = settings.body_seconds
    app.config[BODY_RATE] = MinimumRate(
        settings.body_min_bytes_per_second, settings.body_window_seconds
    )
    app.config["RESPONSE_TIMEOUT"] = settings.response_seconds
    app.config[websocket_connection.BUFFER_MESSAGES] = settings.websocket_buffer_messages
    app.config[websocket_connection.MESSAGE_MAX_BYTES] = settings.websocket_message_max_bytes
    app.config[WRITE_SECONDS] = settings.write_seconds
    app.json = QuickJSON(app)
    app.request_class = BoundedRequest
    app.response_class = RangedResponse
    app.url_rule_class = LateRule
    app.asgi_http_class = PlainHTTPConnection
    app.asgi_websocket_class = WebsocketConnection
    remember_async_functions(app)
    route_quickly(app)
    dispatch_quickly(app)
    app.before_request(settle_body_limit)
    got_websocket_exception.connect(websocket_connection.note_crash, app)


async def settle_body_limit() -> None:
    """Tells the body of the current request how large it may be.

    Raises:
        TooLarge: it has said already that it is larger.
    """
    current: BoundedRequest = cast("Any", request)._get_current_object()
    if current.body.is_empty:
        return
    declared = body_limit_of(current_app.view_functions.get(current.endpoint or ""))
    limit_bytes = current_app.config["MAX_CONTENT_LENGTH"] if declared is None else declared
    current.max_content_length = limit_bytes  # the form parser asks for it
    current.body.settle(limit_bytes, rate=current_app.config[BODY_RATE])
