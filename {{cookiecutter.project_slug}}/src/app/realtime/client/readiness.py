"""Waiting until a client is connected, or will not be."""

import asyncio

from app.realtime.client.failures import Stopped


class Readiness:
    """Holds nothing while nobody waits."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        """Returns at the next ``reached``; raises Stopped at the next ``missed``."""
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._waiting)  # others wait for the same

    def reached(self) -> None:
        """Wakes everybody up."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.set_result(None)

    def missed(self, code: int) -> None:
        """Tells everybody that it is in vain."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.set_exception(Stopped(code))
            waiting.exception()  # nobody may be left to hear it
