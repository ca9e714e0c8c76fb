"""A stream of events instead of a socket, where something on the way lets no socket through."""

import asyncio
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import aclosing

from websockets.exceptions import InvalidStatus

from app.realtime.client.events import Event
from app.realtime.client.events import events_of
from app.realtime.client.frames import Frame
from app.realtime.client.frames import Greeting
from app.realtime.client.frames import read_frame
from app.realtime.client.frames import read_greeting
from app.realtime.client.wire import Address

SOCKETS_BEFORE_STREAM = 3
PASSING = frozenset({429, 503})
STREAM_TOPICS = 16
STAY_SECONDS = 10.0  # then a socket is tried again, later each time up to
STAY_MAX_SECONDS = 300.0


class Fallback:
    """Decides when a stream is due, and reads it.

    ``topics`` names what is listened to now. A stream has them in its address, so that every change
    opens another; the same list resumes where it was.
    """

    __slots__ = ("_address", "_failures", "_is_possible", "_is_wanted", "_on_push",
                 "_on_welcome", "_place", "_reading", "_streams", "_topics",
                 "is_open")  # fmt: skip

    def __init__(
        self,
        address: Address,
        *,
        is_possible: bool,
        topics: Callable[[], Sequence[str]],
        on_welcome: Callable[[Greeting], None],
        on_push: Callable[[Frame], None],
    ) -> None:
        self._address = address
        self._is_possible = is_possible
        self._topics = topics
        self._on_welcome = on_welcome
        self._on_push = on_push
        self._failures = 0  # sockets in a row that never got as far as hello
        self._streams = 0  # doubles the time on a stream
        self._place: tuple[Sequence[str], str] = ((), "")
        self._reading: asyncio.Task[None] | None = None
        self._is_wanted = False
        self.is_open = False

    @property
    def is_due(self) -> bool:
        """Whether a stream is to be tried now: sockets fail, and there is something to hear."""
        return (
            self._is_possible and self._failures >= SOCKETS_BEFORE_STREAM and bool(self._topics())
        )

    def failed(self) -> None:
        """Counts a socket that got nowhere."""
        self._failures += 1

    def refused(self, failure: Exception) -> None:
        """Counts a socket that was answered, but not let through.

        A network that is away lets no stream through either, and where a server has too much to do
        a stream would be no less. Both pass, and a socket then resumes without a gap.
        """
        if isinstance(failure, InvalidStatus) and failure.response.status_code not in PASSING:
            self.failed()

    def worked(self) -> None:
        """Forgets all failures: a socket got through."""
        self._failures = self._streams = 0
        self._place = ((), "")

    async def follow(self) -> None:
        """Reads streams until it is time to try a socket again.

        Raises:
            OSError: a stream failed.
            SignedOut: nobody is signed in.
        """
        stay_seconds = min(STAY_MAX_SECONDS, STAY_SECONDS * 2.0**self._streams)
        self._streams += 1
        self._is_wanted = True
        loop = asyncio.get_running_loop()
        end_at = loop.time() + stay_seconds
        try:
            while self._is_wanted and self._topics() and (left := end_at - loop.time()) > 0:
                self._reading = loop.create_task(self._read(), name="realtime stream")
                await asyncio.wait({self._reading}, timeout=left)
                if self._reading.done() and not self._reading.cancelled():
                    self._reading.result()
                    return
                await self._stop_reading()
        finally:
            await self._stop_reading()
            # One socket is tried, then it is the stream's turn again.
            self._failures = SOCKETS_BEFORE_STREAM - 2
            self.is_open = False

    def stop(self) -> None:
        """Ends the stream."""
        self._is_wanted = False
        self.reopen()

    def reopen(self) -> None:
        """Has the stream opened anew, with other topics."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        names = self._topics()[:STREAM_TOPICS]
        last_id = self._place[1] if self._place[0] == names else ""
        async with aclosing(events_of(self._address, names, last_id=last_id)) as events:
            async for event in events:
                self._take(event)
                self._place = (names, event.id)

    def _take(self, event: Event) -> None:
        if event.type == "welcome":
            self.is_open = True
            self._on_welcome(read_greeting(event.data))
        else:
            self._on_push(read_frame(event.data))

    async def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
