"""Answers over plain HTTP for those who are not let in."""

import json
import math
from typing import Any

from app.realtime.asgi import Send
from app.realtime.endpoints.handshake import Denial
from app.telemetry import current_request_id

SLUGS = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    405: "method-not-allowed",
    408: "request-timeout",
    413: "too-large",
    415: "unsupported-media-type",
    503: "unavailable",
}


async def refuse_socket(send: Send, denial: Denial) -> None:
    """Answers a handshake with a status instead of an upgrade."""
    await _answer(send, denial, "websocket.http.response")


async def refuse_request(send: Send, denial: Denial) -> None:
    """Answers a request that gets no stream."""
    await _answer(send, denial, "http.response")


async def _answer(send: Send, denial: Denial, kind: str) -> None:
    problem: dict[str, Any] = {
        "type": f"/problems/{SLUGS[denial.status]}",
        "title": denial.title,
        "status": denial.status,
    }
    if request_id := current_request_id():
        problem["instance"] = request_id
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if denial.after_seconds is not None:
        headers.append((b"retry-after", b"%d" % math.ceil(denial.after_seconds)))
    if denial.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if denial.allow is not None:
        headers.append((b"allow", denial.allow))
    await send({"type": f"{kind}.start", "status": denial.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})
