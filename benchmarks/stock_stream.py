"""Server-sent events as Quart's documentation shows them: an async generator and a queue each."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart
from quart import Response

from benchmarks.wire import PAYLOAD

app = Quart("stock")
queues: set[asyncio.Queue[bytes]] = set()


@app.get("/events")
async def events() -> Response:
    """Streams until the client leaves."""
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    queues.add(queue)

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b": hi\n\n"
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    response = Response(stream(), mimetype="text/event-stream")
    response.timeout = None
    return response


async def obey() -> None:
    """Publishes as many messages as each line on the standard input says."""
    orders = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(orders)
    stdin = os.fdopen(0, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, stdin)
    event = b"event: message\ndata: " + PAYLOAD + b"\n\n"
    while line := await orders.readline():
        for _ in range(int(line)):
            for queue in queues:
                queue.put_nowait(event)


async def main(port: str) -> None:
    """Serves until the process is ended."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.backlog = 4096
    obeying = asyncio.create_task(obey())
    await serve(app, config)
    obeying.cancel()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1]))
