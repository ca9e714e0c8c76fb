"""What this process wants to hear, and whether it does: one interest per topic.

The connections come and go (on a Cluster there are several, and a topic may change over from one to
another); the interests stay. A topic whose announcements stopped coming and come again is suspect:
Redis keeps nothing for whoever is away.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from app.realtime.backplane import BackplaneUnavailable

log = structlog.get_logger()


class Carrier(Protocol):
    """A connection that can listen to channels."""

    def change(self, channel: bytes, *, wanted: bool) -> None:
        """Begins or ends listening, with everything else that one step of the loop changes."""


class Carriers(Protocol):
    """Knows on which connection a channel is to be heard."""

    def carrier_of(self, channel: bytes) -> Carrier | None:
        """Returns the connection for ``channel``; None while nobody knows."""

    def why_away(self, channel: bytes) -> str | None:
        """Returns why waiting for ``channel`` is in vain for now, if it is."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what; all synchronous and quick.

    ``hear(topic, envelope)`` takes announcements, ``suspect(topics)`` the news that some may have
    been lost, ``ended(topic)`` the end of an interest.
    """

    hear: Callable[[str, bytes], None]
    suspect: Callable[[Collection[str]], None]
    ended: Callable[[str], None]


class Interests:
    """The topics that this process listens to."""

    def __init__(
        self,
        carriers: Carriers,
        ears: Ears,
        *,
        channel_of: Callable[[str], str],
        deadline_seconds: float,
        unsubscribe_delay_seconds: float,
    ) -> None:
        self._carriers = carriers
        self._ears = ears
        self._channel_of = channel_of
        self._deadline_seconds = deadline_seconds
        self._unsubscribe_delay_seconds = unsubscribe_delay_seconds
        self.topics: dict[bytes, str] = {}
        self._confirmed: set[bytes] = set()
        self._lost: set[bytes] = set()
        self._back: set[str] = set()
        self._asking: dict[bytes, asyncio.Future[None]] = {}
        self._endings: dict[str, asyncio.TimerHandle] = {}

    async def subscribe(self, topic: str) -> None:
        """Returns once announcements of ``topic`` arrive here.

        Raises:
            BackplaneUnavailable: no confirmation within the deadline.
        """
        channel = self._channel_of(topic).encode()
        if ending := self._endings.pop(topic, None):
            ending.cancel()
        if channel not in self.topics:
            self.topics[channel] = topic
            self._change(channel, wanted=True)
        if channel in self._confirmed:
            return
        why_away = self._carriers.why_away(channel)
        if why_away is not None:
            raise BackplaneUnavailable(why_away)
        if channel not in self._asking:
            self._asking[channel] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await asyncio.shield(self._asking[channel])
        except TimeoutError:
            raise BackplaneUnavailable("Redis did not confirm a subscription") from None

    def unsubscribe(self, topic: str) -> None:
        """Ends the interest after a while, unless it comes back before."""
        if self._channel_of(topic).encode() in self.topics and topic not in self._endings:
            loop = asyncio.get_running_loop()
            self._endings[topic] = loop.call_later(
                self._unsubscribe_delay_seconds, self._end, topic
            )

    def hear(self, channel: bytes, envelope: bytes) -> None:
        """Hands an announcement on, if anybody still wants it."""
        topic = self.topics.get(channel)
        if topic is None:
            return
        try:
            self._ears.hear(topic, envelope)
        except Exception:
            # A fault of the listener, or strange bytes on our channel: neither may end the reader.
            log.exception("realtime.announcement_failed", topic=topic)

    def confirm(self, channel: bytes) -> None:
        """Learns that announcements on ``channel`` come from now on."""
        if channel not in self.topics:
            return
        self._confirmed.add(channel)
        if channel in self._lost:
            self._lost.discard(channel)
            if not self._back:
                asyncio.get_running_loop().call_soon(self._tell_suspects)
            self._back.add(self.topics[channel])
        asking = self._asking.pop(channel, None)
        if asking is not None:
            asking.set_result(None)

    def lose(self, channels: Iterable[bytes]) -> None:
        """Learns that announcements on ``channels`` do not come any more."""
        lost = self._confirmed.intersection(channels)
        self._confirmed -= lost
        self._lost |= lost

    def refuse(self, channels: Iterable[bytes], detail: str) -> None:
        """Tells those who wait for a confirmation that none will come for now."""
        for channel in list(channels):
            asking = self._asking.pop(channel, None)
            if asking is not None:
                asking.set_exception(BackplaneUnavailable(detail))
                asking.exception()  # whoever asked may be gone

    def close(self) -> None:
        """Ends every interest."""
        for ending in self._endings.values():
            ending.cancel()
        self._endings.clear()
        self.topics.clear()
        self.refuse(self._asking, "the connection to Redis is closed")

    def _tell_suspects(self) -> None:
        back, self._back = self._back, set()
        self._ears.suspect(back)

    def _end(self, topic: str) -> None:
        channel = self._channel_of(topic).encode()
        del self._endings[topic]
        del self.topics[channel]
        self._confirmed.discard(channel)
        self._lost.discard(channel)
        self._change(channel, wanted=False)
        self._ears.ended(topic)

    def _change(self, channel: bytes, *, wanted: bool) -> None:
        carrier = self._carriers.carrier_of(channel)
        if carrier is not None:
            carrier.change(channel, wanted=wanted)
