"""The sockets that listen."""

import asyncio
import time
from collections import Counter
from typing import Any

from app.load.plan import Plan
from app.load.tally import Tally
from app.realtime.client import Credentials
from app.realtime.client import Gap
from app.realtime.client import Listener
from app.realtime.client import Message
from app.realtime.client import RealtimeClient
from app.realtime.client import Status

CONNECTS_PER_SECOND = 250  # a service lets 500 handshakes a second in
CLOSED_TOGETHER = 500
TICK_SECONDS = 0.02


class Audience:
    """One client a socket, each with a topic and a memory of its own."""

    def __init__(self, plan: Plan, tally: Tally, credentials: Credentials) -> None:
        self._plan = plan
        self._tally = tally
        self._credentials = credentials
        self._clients: list[RealtimeClient] = []
        self._states: Counter[str] = Counter()

    @property
    def live(self) -> int:
        """How many are connected."""
        return self._states["live"] + self._states["degraded"]

    @property
    def stopped(self) -> int:
        """How many were sent away for good."""
        return self._states["stopped"]

    async def gather(self) -> None:
        """Opens all sockets, no faster than a service lets them in."""
        began = time.monotonic()
        while len(self._clients) < self._plan.sockets:
            due = int((time.monotonic() - began) * CONNECTS_PER_SECOND) + 1
            while len(self._clients) < min(due, self._plan.sockets):
                self._add(len(self._clients))
            await asyncio.sleep(TICK_SECONDS)
        while self.live + self.stopped < self._plan.sockets:  # noqa: ASYNC110 - of thousands
            await asyncio.sleep(TICK_SECONDS)

    async def leave(self) -> None:
        """Closes all sockets in order."""
        while self._clients:
            some, self._clients = self._clients[:CLOSED_TOGETHER], self._clients[CLOSED_TOGETHER:]
            await asyncio.gather(*(client.close() for client in some))

    def _add(self, number: int) -> None:
        state = "new"

        def note(status: Status) -> None:
            nonlocal state
            self._states.subtract([state])
            state = status.state
            self._states[state] += 1
            self._tally.note_status(status)

        client = RealtimeClient(
            self._plan.url, credentials=self._credentials, client="load/1", on_status=note
        )
        client.subscribe(self._plan.topic(number), self._listener())
        client.open()
        self._clients.append(client)

    def _listener(self) -> Listener:
        seen, tally = self._tally.new_reader(), self._tally

        def note(message: Message) -> None:
            told: dict[str, Any] = message.data
            tally.see(seen, told["number"], time.perf_counter() - told["sent_at"])

        def note_gap(_gap: Gap) -> None:
            tally.gaps += 1

        return Listener(on_message=note, on_gap=note_gap)
