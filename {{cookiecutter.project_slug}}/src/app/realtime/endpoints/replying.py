"""The reply to a command over HTTP, with the status that says the same."""

import math
from typing import Final

from app.realtime.asgi import Send
from app.realtime.protocol import frames
from app.realtime.protocol.messages import ErrorCode
from app.realtime.protocol.messages import Refusal

STATUSES: Final[dict[ErrorCode, int]] = {
    "invalid": 400,
    "unknown_type": 400,
    "unknown_topic": 404,
    "forbidden": 403,
    "not_subscribed": 409,
    "too_large": 413,
    "rate_limited": 429,
    "deadline": 504,
    "unavailable": 503,
    "internal": 500,
}


async def send_reply(send: Send, command_id: int | None, outcome: bytes | Refusal | None) -> None:
    """Answers with the reply; without an outcome (a signal that went out) there is none."""
    status, body = 204, b""
    headers = [(b"cache-control", b"no-store")]
    if isinstance(outcome, Refusal):
        status, body = STATUSES[outcome.code], frames.error(command_id, outcome)
        if outcome.after_ms is not None:
            headers.append((b"retry-after", b"%d" % math.ceil(outcome.after_ms / 1000)))
    elif outcome is not None:
        status, body = 200, frames.result(command_id or 0, outcome)
    if body:
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
