"""What a framework takes for one request without any server: stock Quart and ours in turns.

``python -m benchmarks.dispatch`` prints the microseconds of both as JSON, the best of all rounds.
"""

import asyncio
import json
import time
from typing import Any

from app.settings import WebSettings
from app.transport import harden
from quart import Quart

ROUNDS = 60
REQUESTS = 50
SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/json",
    "raw_path": b"/json",
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"127.0.0.1:8000"), (b"user-agent", b"bench"), (b"accept", b"*/*")],
    "client": ("127.0.0.1", 4_000),
    "server": ("127.0.0.1", 8_000),
    "extensions": {},
}


def application(*, is_ours: bool) -> Quart:
    """Returns an application with one route."""
    app = Quart("bare", static_folder=None)
    if is_ours:
        harden(app, WebSettings())

    @app.get("/json")
    async def message() -> dict[str, str]:
        return {"message": "hello"}

    return app


async def serve(app: Any) -> None:
    """Has ``app`` answer one request, as a server would."""
    over = asyncio.Event()
    arriving = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if arriving:
            return arriving.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message["more_body"]:
            over.set()

    await app(dict(SCOPE), receive, send)


async def measure() -> dict[str, float]:
    """Returns the microseconds of CPU for a request, by whose it is."""
    apps = {"stock": application(is_ours=False), "ours": application(is_ours=True)}
    best = dict.fromkeys(apps, float("inf"))
    for _ in range(ROUNDS):
        for name, app in apps.items():
            began = time.process_time()
            for _ in range(REQUESTS):
                await serve(app)
            best[name] = min(best[name], (time.process_time() - began) / REQUESTS * 1e6)
    return best


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(measure())))
