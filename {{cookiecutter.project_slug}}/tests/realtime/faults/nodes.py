"""Starting and ending node processes, and asking them things."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager

import httpx

from tests.ports import free_port
from tests.programs import Program
from tests.programs import running

ORIGIN = "http://node.test"


class Node:
    """One web process that keeps its port from one life to the next."""

    def __init__(self, redis_url: str, **environment: str) -> None:
        self.port = free_port()
        self._environment = {
            "ENVIRONMENT": "test",
            "LOG_LEVEL": "info",
            "PUBLIC_URL": ORIGIN,
            "REDIS_URL": redis_url,
            "SERVER_PORT": str(self.port),
            **environment,
        }
        self._stack = AsyncExitStack()
        self._said: list[str] = []
        self.program: Program | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.program
        return self.program.process.pid

    async def start(self) -> None:
        """Starts the process and waits until it serves."""
        module = "tests.realtime.faults.node"
        program = running(module, environment=self._environment)
        self.program = await self._stack.enter_async_context(program)
        await self.program.says("serving")

    @property
    def output(self) -> list[str]:
        """What it has said in all its lives."""
        return [*self._said, *(self.program.lines if self.program else ())]

    def send(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        assert self.program
        self.program.send(number)

    async def end(self, number: signal.Signals) -> int:
        """Ends the process with a signal; returns its exit code."""
        assert self.program
        self.program.send(number)
        code = await self.program.ended()
        self._said += self.program.lines
        self.program = None
        return code

    async def census(self) -> dict[str, int]:
        """Asks the process how much of everything it has."""
        async with httpx.AsyncClient(base_url=self.url, timeout=120) as client:
            counted: dict[str, int] = (await client.get("/census")).json()
            return counted

    async def heap_bytes(self) -> int:
        """Asks the process what is in use of its heap; all of it with PYTHONMALLOC=malloc."""
        async with httpx.AsyncClient(base_url=self.url, timeout=120) as client:
            return int((await client.get("/heap")).text)

    async def close(self) -> None:
        """Ends whatever still runs."""
        if self.program and self.program.process.returncode is None:
            self.program.send(signal.SIGCONT)  # a stopped process can be killed, not waited for
        await self._stack.aclose()


@asynccontextmanager
async def nodes(count: int, redis_url: str, **environment: str) -> AsyncIterator[list[Node]]:
    """Yields so many running processes over one Redis; ends them."""
    made = [Node(redis_url, **environment) for _ in range(count)]
    try:
        await asyncio.gather(*(node.start() for node in made))
        yield made
    finally:
        for node in made:
            await node.close()
