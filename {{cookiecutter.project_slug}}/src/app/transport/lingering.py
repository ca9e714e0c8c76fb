"""Closing a connection so that its client hears the last word, and never waiting long for that.

A socket that is closed with bytes unread resets the connection, and what was said last is lost on
a client that is still sending. A socket that is closed with bytes unwritten stays until the client
reads them, if it ever does.
"""

import asyncio

LINGER_SECONDS = 1.0
LINGER_BYTES = 8 * 1_024 * 1_024  # more than two kernels hold of one connection


class Lingering(asyncio.Protocol):
    """Takes the place of a connection's protocol at its end: drops what still comes."""

    def __init__(
        self, transport: asyncio.Transport, before: asyncio.Protocol, keep: object
    ) -> None:
        self._transport = transport
        self._before = before
        self._keep = keep  # a stream writer closes its transport when it is forgotten
        self._left_bytes = LINGER_BYTES
        self._timer = cut_soon(transport)

    def data_received(self, data: bytes) -> None:
        """Drops bytes, a limited number of them."""
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets the protocol of before know that it is over."""
        self._timer.cancel()
        self._before.connection_lost(exc)

    def pause_writing(self) -> None:
        """Passes on that the client does not read."""
        self._before.pause_writing()

    def resume_writing(self) -> None:
        """Passes on that it does again."""
        self._before.resume_writing()


def linger(transport: asyncio.Transport, before: asyncio.Protocol, *, keep: object = None) -> None:
    """Ends the writing now and the reading when the client has ended its own, or soon."""
    if transport.is_closing():
        return
    transport.set_protocol(Lingering(transport, before, keep))
    if transport.can_write_eof():
        transport.write_eof()
    transport.resume_reading()


def cut_soon(transport: asyncio.WriteTransport) -> asyncio.TimerHandle:
    """Cuts a connection that is being closed if the client does not take what is left of it."""
    return asyncio.get_running_loop().call_later(LINGER_SECONDS, transport.abort)
