"""Quart on Hypercorn as they come: what happens there is what our mends and guards are for.

Twins of our tests run against it, as a process of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from quart import Quart
from quart import websocket

from tests.ports import free_port
from tests.programs import Program
from tests.programs import running

app = Quart("stock", static_folder=None)


@app.websocket("/realtime/socket")
async def socket() -> None:
    """Sends back what it is sent."""
    await websocket.accept(subprotocol=next(iter(websocket.requested_subprotocols), None))
    while True:
        await websocket.send(await websocket.receive())


@app.get("/realtime/events")
async def events() -> str:
    """Takes any visitor."""
    return "event: welcome\n\n"


@app.post("/realtime/commands")
async def commands() -> str:
    """Takes any command."""
    return "done"


class Stock:
    """The running process."""

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.port = port
        self.events_url = f"http://127.0.0.1:{port}/realtime/events"

    @property
    def most_resident_bytes(self) -> int:
        """The most memory that it ever had."""
        lines = Path(f"/proc/{self.program.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


@asynccontextmanager
async def stock_service(*options: str) -> AsyncIterator[Stock]:
    """Runs it with options of the command ``hypercorn``; in one process without any."""
    port = free_port()
    given = ("--bind", f"127.0.0.1:{port}", *(options or ("--workers", "0")))
    async with running("hypercorn", *given, "tests.stock_service:app") as program:
        await program.says("Running on")
        yield Stock(program, port)
