"""How Hypercorn looks after one connection: it hears its client leave, with empty hands."""

import asyncio
from typing import Any

import hypercorn.asyncio.run
from hypercorn.asyncio.tcp_server import MAX_RECV
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed
from hypercorn.events import RawData

from app.transport.idle_task import IdleTask
from app.transport.lingering import cut_soon
from app.transport.lingering import linger


class AttentiveServer(TCPServer):
    """A connection that ends when its client has left, and whose client hears of its end.

    Hypercorn waits on until the time for idle connections is over, 75 s here, and keeps the
    descriptor and two tasks for as long; and it waits for a client that does not read for ever.
    """

    _is_ending = False

    async def run(self) -> None:
        """Serves the connection, unless it is one too many."""
        self.idle_task = IdleTask()
        caps = getattr(self.config, "caps", None)
        if caps is None:
            await super().run()
            return
        address = str((self.writer.get_extra_info("peername") or [""])[0])
        if not caps.admit(address):
            self.writer.write(caps.refusal)
            self.writer.close()
            cut_soon(self.writer.transport)
            return
        try:
            await super().run()
        finally:
            caps.release(address)

    async def _read_data(self) -> None:
        """Hands on what comes, until nothing does.

        As Hypercorn does, but with empty hands: it keeps the last bytes of every connection, and a
        coroutine for a time-out that is not set, for as long as it waits for the next ones.
        """
        seconds = self.config.read_timeout
        while not self.reader.at_eof():
            reading = self.reader.read(MAX_RECV)
            try:
                data = await (reading if seconds is None else asyncio.wait_for(reading, seconds))
            except (OSError, TimeoutError):
                break
            await self.protocol.handle(RawData(data))
            del data
        await self.protocol.handle(Closed())
        await self.idle_task.stop()

    async def _idle_timeout(self) -> None:
        if not self.reader.at_eof():
            await super()._idle_timeout()

    async def _close(self) -> None:
        transport: Any = self.writer.transport
        if getattr(self.protocol.protocol, "is_faulty", False):
            if not self._is_ending:
                self._is_ending = True
                await self.idle_task.stop()
                linger(transport, transport.get_protocol(), keep=self.writer)
                self.reader.feed_eof()
            return
        cut_soon(transport)
        await super()._close()


def leave_with_the_client() -> None:
    """Makes Hypercorn forget a connection when its client has closed it, or does not read on."""
    hypercorn.asyncio.run.TCPServer = AttentiveServer  # type: ignore[attr-defined]
