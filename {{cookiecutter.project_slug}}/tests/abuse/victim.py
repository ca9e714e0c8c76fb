"""The program under attack as a test sees it: its port, its memory, its log, its other clients."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.patience import PATIENCE_SECONDS
from tests.programs import Program
from tests.programs import running
from tests.realtime.rig import Served
from tests.realtime.rig import Socket

KIB = 1024
MIB = 1024 * KIB
# What no client may ever bring about.
COMPLAINT = re.compile(r"Traceback|never retrieved|Unhandled|Fatal error|exception|failed", re.I)


class Victim(Served):
    """A running program, and the ways to it that `Served` knows."""

    def __init__(self, program: Program, port: int, server: str) -> None:
        self.realtime = None  # type: ignore[assignment]  # it is in the other process
        self.program = program
        self.port = port
        self.server = server

    def __repr__(self) -> str:
        return f"Victim({self.server})"

    def rss_bytes(self) -> int:
        """Returns what is resident of the process and its own: shared libraries do not count."""
        text = Path(f"/proc/{self.program.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss_Anon:\s+(\d+) kB", text, re.M)[1]) * KIB  # type: ignore[index]

    async def figures(self) -> dict[str, Any]:
        """Returns what the process holds."""
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            answer = await client.get(f"http://127.0.0.1:{self.port}/figures")
        figures: dict[str, Any] = answer.json()
        return figures

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits until the figures are as they should be, and returns them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition(figures := await self.figures()):  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.05)
        return figures

    async def publish_raw(self, topic: str, data: bytes, *, times: int = 1) -> None:
        """Publishes JSON text."""
        url = f"http://127.0.0.1:{self.port}/publish"
        query = {"topic": topic, "times": str(times)}
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            (await client.post(url, params=query, content=data)).raise_for_status()

    @property
    def complaints(self) -> list[str]:
        """What the process has logged that no client may bring about."""
        return [line for line in self.program.lines if COMPLAINT.search(line)]


@asynccontextmanager
async def attacked(server: str, **settings: Any) -> AsyncIterator[Victim]:
    """Runs the program with these settings on a port of its own."""
    given = json.dumps({"server": server, **settings})
    async with running("tests.abuse.victim_program", given) as program:
        port = int((await program.says("port ")).split()[1])
        yield Victim(program, port, server)


@asynccontextmanager
async def bystander(victim: Victim) -> AsyncIterator[Socket]:
    """Connects somebody who does nothing wrong, and asks in the end whether they still hear."""
    async with victim.socket("grace") as socket:
        await socket.hello({"topic": "room:bystander"})
        yield socket
        await victim.publish_raw("room:bystander", b'"still here"')
        assert (await socket.receive())["data"] == "still here"
