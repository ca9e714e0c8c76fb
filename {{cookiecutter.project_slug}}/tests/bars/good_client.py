"""What somebody who asks for /livez all the time notices of a crowd."""

import json
import os
import signal
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field

from tests.bars.service import Service
from tests.programs import running


@dataclass
class GoodClient:
    """What each answer took, in seconds, once it has ended."""

    seconds: list[float] = field(default_factory=list)

    @property
    def worst_but_one_percent(self) -> float:
        """The 99th percentile."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


@asynccontextmanager
async def good_client(up: Service, path: str = "/livez") -> AsyncIterator[GoodClient]:
    """Asks beside the block, from a process of its own: a crowd in this one would be in its way."""
    good = GoodClient()
    port = str(up.settings.server.port)
    async with running("tests.bars.asking_program", port, path) as program:
        await program.says("asking")
        yield good
        program.send(signal.SIGTERM)
        assert await program.ended() == 0, program.output
    good.seconds = json.loads(program.lines[-1])


@contextmanager
def cores_apart(up: Service) -> Iterator[None]:
    """Gives the service a core of its own and this process, with its crowd, the others."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        yield
        return
    os.sched_setaffinity(up.program.process.pid, cores[:1])
    os.sched_setaffinity(0, cores[1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
