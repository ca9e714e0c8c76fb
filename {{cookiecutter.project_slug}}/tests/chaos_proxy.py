"""A TCP proxy on the loopback interface that does to connections what networks do.

    async with ChaosProxy(("127.0.0.1", 5432)) as proxy:
        ...  # connect to proxy.port
        proxy.cut()                     # every connection is reset; new ones work
        proxy.is_refusing = True        # new ones are reset as well
        proxy.stall(); proxy.flow()     # nothing passes, nothing is lost; then everything does
        proxy.half_open()               # what the present connections send vanishes, for good
        proxy.half_open(TO_CLIENT)      # ... in one direction only
        proxy.latency_seconds = 0.2     # each way
        proxy.slice_bytes = 1           # a write each, never coalesced
        proxy.bytes_per_second = 65536  # each way and connection

``stall`` holds new connections back too unless ``new_ones=False``; ``half_open`` leaves them alone.
A server may be a pair of host and port or the path of a Unix socket. Everything is bounded: at most
``CHUNKS`` chunks are held back per direction, then the sender waits.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Self

TO_SERVER = "to the server"
TO_CLIENT = "to the client"
CHUNKS = 256
CHUNK_BYTES = 16 * 1024
RESET_AT_CLOSE = struct.pack("ii", 1, 0)

Upstream = tuple[str, int] | Path
Due = tuple[float, bytes]


class Pipe:
    """One direction of one connection: bytes come in, wait for their time, and go out."""

    def __init__(
        self,
        proxy: "ChaosProxy",
        direction: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.direction = direction
        self.is_swallowing = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._held: asyncio.Queue[Due] = asyncio.Queue(CHUNKS)

    async def take(self) -> None:
        """Reads to the end; an empty chunk stands for the end."""
        loop = asyncio.get_running_loop()
        data = b"any"
        while data:
            data = await self._reader.read(CHUNK_BYTES)
            await self._held.put((loop.time() + self._proxy.latency_seconds, data))

    async def give(self) -> None:
        """Writes what was read, each chunk when it is due."""
        loop = asyncio.get_running_loop()
        while True:
            due_at, data = await self._held.get()
            await asyncio.sleep(max(0.0, due_at - loop.time()))
            await self.flowing.wait()
            if self.is_swallowing:
                continue
            if not data:
                self._writer.write_eof()
                return
            await self._write(data)

    async def _write(self, data: bytes) -> None:
        size = self._proxy.slice_bytes or len(data)
        for start in range(0, len(data), size):
            part = data[start : start + size]
            self._writer.write(part)
            await self._writer.drain()
            self._proxy.passed_bytes[self.direction] += len(part)
            if self._proxy.bytes_per_second:
                await asyncio.sleep(len(part) / self._proxy.bytes_per_second)
            elif len(part) < len(data):
                await asyncio.sleep(0)  # so that slices leave one by one


class ChaosProxy:
    """Passes connections on to ``server`` and spoils them on demand."""

    def __init__(self, server: Upstream, *, port: int = 0) -> None:
        self.latency_seconds = 0.0
        self.slice_bytes = 0
        self.bytes_per_second = 0
        self.is_refusing = False
        self.accepted = 0
        self.passed_bytes = {TO_SERVER: 0, TO_CLIENT: 0}
        self.port = port
        self._server = server
        self._is_stalling_new = False
        self._connections: dict[asyncio.Task[None], list[Pipe]] = {}
        self._ends: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    @property
    def connections(self) -> int:
        """How many connections there are now."""
        return len(self._connections)

    def cut(self) -> None:
        """Resets every connection."""
        for task, ends in list(self._ends.items()):
            for end in ends:
                _reset(end)
            task.cancel()

    def stall(self, *, new_ones: bool = True) -> None:
        """Lets nothing pass, neither way, until ``flow``."""
        self._is_stalling_new = new_ones
        for pipe in self._pipes():
            pipe.flowing.clear()

    def flow(self) -> None:
        """Ends a stall; what was held back arrives."""
        self._is_stalling_new = False
        for pipe in self._pipes():
            pipe.flowing.set()

    def half_open(self, *directions: str) -> None:
        """Swallows what the present connections send; the ends are not told, ever."""
        for pipe in self._pipes():
            if pipe.direction in (directions or (TO_SERVER, TO_CLIENT)):
                pipe.is_swallowing = True

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, limit=CHUNK_BYTES
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        tasks = list(self._connections)
        self.cut()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _pipes(self) -> list[Pipe]:
        return [pipe for pipes in self._connections.values() for pipe in pipes]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.is_refusing:
            _reset(writer)
            return
        task = asyncio.get_running_loop().create_task(
            self._serve(reader, writer), name="chaos-connection"
        )
        self._connections[task], self._ends[task] = [], [writer]
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task, None)
        for end in self._ends.pop(task, []):
            end.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            there, back = await self._connect()
        except OSError:
            _reset(writer)
            return
        self._ends[task].append(back)
        pipes = [Pipe(self, TO_SERVER, reader, back), Pipe(self, TO_CLIENT, there, writer)]
        if self._is_stalling_new:
            for pipe in pipes:
                pipe.flowing.clear()
        self._connections[task] = pipes
        with contextlib.suppress(OSError):
            async with asyncio.TaskGroup() as group:
                for pipe in pipes:
                    group.create_task(_ends_quietly(pipe.take(), writer, back))
                    group.create_task(_ends_quietly(pipe.give(), writer, back))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._server, Path):
            return await asyncio.open_unix_connection(self._server, limit=CHUNK_BYTES)
        return await asyncio.open_connection(*self._server, limit=CHUNK_BYTES)


async def _ends_quietly(pump: Coroutine[None, None, None], *ends: asyncio.StreamWriter) -> None:
    """Runs one half of a pipe; when an end has gone the other one learns of it."""
    try:
        await pump
    except OSError:
        for end in ends:
            _reset(end)


def _reset(end: asyncio.StreamWriter) -> None:
    """Closes with a reset, as a cut does, instead of a farewell."""
    link: socket.socket | None = end.get_extra_info("socket")
    if link is not None and link.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    end.transport.abort()
