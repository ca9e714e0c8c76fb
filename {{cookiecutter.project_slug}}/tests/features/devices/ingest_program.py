"""The whole service under the real runner; ``HASTY=1`` acknowledges before the commit.

Usage: ``python -m tests.features.devices.ingest_program``; settings come from the environment.
SIGUSR1 has it say how many connections it has, and how much of the heap is in use.
"""

import asyncio
import gc
import itertools
import os
import signal
from collections.abc import AsyncGenerator
from uuid import UUID

from quart import Quart

from app.factory import create_app
from app.features.devices.readings import EXTENSION
from app.features.devices.readings.batches import Acknowledged
from app.features.devices.readings.batches import Batch
from app.features.devices.readings.ingest import Ingest
from app.resources import resources_of
from app.serving import serve
from app.serving.loop import run
from app.settings import Settings
from app.telemetry import configure_logging
from tests.realtime.faults.node import heap_bytes


class Hasty:
    """The naive way: a batch is acknowledged as soon as it waits to be written."""

    def __init__(self, ingest: Ingest) -> None:
        self._put = ingest.put
        self._writing: set[asyncio.Task[Acknowledged]] = set()

    async def put(self, device_id: UUID, batch: Batch) -> Acknowledged:
        self._writing.add(asyncio.create_task(self._put(device_id, batch)))
        return Acknowledged(batch.last, len(batch.readings))


def weigh_when_asked(app: Quart) -> None:
    """Has SIGUSR1 print a line; each has a number of its own."""
    numbers = itertools.count(1)
    realtime = resources_of(app).realtime

    def tell() -> None:
        gc.collect()
        print(f"census {next(numbers)}: {realtime.connections} {heap_bytes()}", flush=True)

    @app.while_serving
    async def listening() -> AsyncGenerator[None, None]:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
        yield


def main() -> None:
    """Serves until a signal comes."""
    settings = Settings()
    configure_logging(settings)
    app = create_app(settings)
    weigh_when_asked(app)
    if os.environ.get("HASTY"):
        ingest = app.extensions[EXTENSION]
        ingest.put = Hasty(ingest).put
    os._exit(run(serve(app, settings)))


if __name__ == "__main__":
    main()
