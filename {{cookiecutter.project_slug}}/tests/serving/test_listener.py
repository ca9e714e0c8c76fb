"""What the kernel keeps for a client that does not read."""

import asyncio
import socket

import pytest

from app.serving.listener import UNSENT_MAX_BYTES
from app.serving.listener import inherited
from app.serving.listener import listen

KIB = 1_024
PIECE = b"x" * 64 * KIB
# The least window that Linux grants a reader; what is sent in it is not the sender's any more.
WINDOW_BYTES = 8 * KIB
AS_IT_COMES = 0  # the sysctl decides: all that there is room for


async def kept_for_who_does_not_read(listener: socket.socket) -> int:
    """Returns how many bytes the kernel takes until a writer is told to wait."""
    loop = asyncio.get_running_loop()
    with socket.socket(listener.family) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES // 2)
        client.setblocking(False)
        connecting = asyncio.create_task(loop.sock_connect(client, listener.getsockname()))
        served, _ = await loop.sock_accept(listener)
        await connecting
        with served:
            taken = 0
            while True:
                try:
                    taken += served.send(PIECE)
                except BlockingIOError:
                    return taken


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_kernel_keeps_little_for_a_client_that_does_not_read(host: str) -> None:
    with listen(host, 0) as listener, inherited(listener.fileno()) as handed_on:
        for one in (listener, handed_on):
            assert await kept_for_who_does_not_read(one) <= UNSENT_MAX_BYTES + WINDOW_BYTES
        handed_on.detach()


async def test_without_the_bound_the_kernel_keeps_ten_times_as_much() -> None:
    with listen("127.0.0.1", 0) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, AS_IT_COMES)

        assert await kept_for_who_does_not_read(listener) > 10 * UNSENT_MAX_BYTES
