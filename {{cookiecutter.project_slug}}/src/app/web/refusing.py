"""Problems for those who are turned away before Quart knows of them."""

import json
from typing import Any

from app.telemetry import current_request_id
from app.web.problems import CONTENT_TYPE
from app.web.problems import Problem


async def refuse(scope: Any, send: Any, problem: Problem) -> None:
    """Answers a request, or a handshake, with a problem document."""
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        kind = "websocket.http.response"
    body = json.dumps(problem.document(current_request_id() or "")).encode()
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    await send({"type": f"{kind}.start", "status": problem.kind.status, "headers": headers})
    shown = b"" if scope.get("method") == "HEAD" else body
    await send({"type": f"{kind}.body", "body": shown, "more_body": False})
