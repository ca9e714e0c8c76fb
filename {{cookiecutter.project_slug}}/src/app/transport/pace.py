"""How fast a body has to arrive while somebody waits for it.

A client that sends a byte now and then holds a connection and a request for as long as it likes: no
limit of size stops it, and a large upload has no limit of time (slow body, R.U.D.Y.).
"""

import asyncio
from dataclasses import dataclass

from werkzeug.exceptions import RequestTimeout


@dataclass(frozen=True, slots=True)
class MinimumRate:
    """The slowest that a body may be; judged over a window, so that a short halt is no fault."""

    bytes_per_second: int
    window_seconds: float

    @property
    def window_bytes(self) -> float:
        """What has to arrive within a window, unless the body ends before."""
        return self.bytes_per_second * self.window_seconds


class Pace:
    """The pace of one body.

    Only the time is counted in which its reader waits: a store that is slow is not the client's
    fault. So a body that falls below the rate ends within two windows; then it ``is_lost``.
    """

    def __init__(self, rate: MinimumRate) -> None:
        self._rate = rate
        self.is_lost = False
        self._begin_window()

    def count(self, arrived_bytes: int) -> None:
        """Notes that something has arrived."""
        self._owed_bytes -= arrived_bytes

    async def wait(self, arrived: asyncio.Event) -> None:
        """Waits for ``arrived``.

        Raises:
            RequestTimeout: too little has arrived in a window of waiting.
        """
        loop = asyncio.get_running_loop()
        while not arrived.is_set():
            began = loop.time()
            try:
                async with asyncio.timeout(self._left_seconds):
                    await arrived.wait()
            except TimeoutError:
                pass
            self._left_seconds -= loop.time() - began
            if self._left_seconds <= 0:
                self._end_window()

    def _begin_window(self) -> None:
        self._left_seconds = self._rate.window_seconds
        self._owed_bytes = self._rate.window_bytes

    def _end_window(self) -> None:
        if self._owed_bytes > 0:
            self.is_lost = True
            raise RequestTimeout(
                f"less than {self._rate.bytes_per_second} bytes a second have arrived"
            )
        self._begin_window()
