"""HTTP/2 that gives up a client which opens streams only to reset them (CVE-2023-44487).

The service speaks HTTP/1.1; its proxy speaks HTTP/2. This is for whoever gives Hypercorn a
certificate: each request costs the client a few bytes and the server a task, twenty thousand of
them fifteen seconds of processor time.
"""

import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from h2.errors import ErrorCodes
from h2.events import Event as H2Event
from h2.events import StreamReset
from h2.exceptions import ProtocolError
from hypercorn.events import Closed
from hypercorn.events import Event
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Response
from hypercorn.protocol.h2 import H2Protocol
from priority.priority import PriorityError

from app.transport.server_answers import BARE

RESETS_MAX = 200
WINDOW_SECONDS = 10.0


class CalmH2(H2Protocol):
    """Hypercorn's HTTP/2 with a bound on resets, and no traceback for frames that come too late."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resets = 0
        self._resets_since = time.monotonic()

    async def handle(self, event: Event) -> None:
        """Takes what happened on the connection.

        Hypercorn looks up the stream of every frame, and raises for one that has ended meanwhile.
        """
        if self.closed:
            return
        try:
            await super().handle(event)
        except (KeyError, ProtocolError, PriorityError):
            await self._end()

    async def stream_send(self, event: StreamEvent) -> None:
        """Takes what goes to the client; what Hypercorn says by itself gets our headers."""
        if isinstance(event, Response) and event.headers == BARE:
            own = getattr(self.config, "own_headers", ())
            event = replace(event, headers=[*BARE, *own])
        await super().stream_send(event)

    async def _handle_events(self, events: list[H2Event]) -> None:
        self._count(sum(isinstance(event, StreamReset) for event in events))
        if self._resets > RESETS_MAX:
            await self._end()
        else:
            await super()._handle_events(events)

    def _count(self, resets: int) -> None:
        now = time.monotonic()
        if now - self._resets_since > WINDOW_SECONDS:
            self._resets, self._resets_since = 0, now
        self._resets += resets

    async def _end(self) -> None:
        """Says why, and closes; what still comes is not looked at."""
        if not self.closed:
            with suppress(ProtocolError):
                self.connection.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            await self._flush()
            await super().handle(Closed())
            await self.send(Closed())
