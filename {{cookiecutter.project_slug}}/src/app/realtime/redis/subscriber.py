"""The subscriber connection: what reaches this process, and the certainty that it still does.

Announcements are handed on as they come and nothing else runs here. Whenever the connection has
been made again, everything subscribed to is suspect: Redis keeps nothing for whoever is away.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio.connection import AbstractConnection

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.contact import RedisContact
from app.realtime.redis.link import RedisLink
from app.realtime.redis.link import until_one_ends
from app.settings import RedisSettings

log = structlog.get_logger()

CHANNELS_PER_COMMAND = 512
MESSAGES_BETWEEN_YIELDS = 100
PROBES = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """How a subscriber makes sure that it still hears: it calls itself after some silence."""

    channel: str
    seconds: float
    send: Callable[[], Awaitable[object]]


class RedisSubscriber:
    """One interest per topic.

    ``hear(topic, envelope)`` takes announcements, ``suspect(topics)`` the news that some may have
    been lost; both are synchronous and quick.
    """

    def __init__(
        self,
        settings: RedisSettings,
        contact: RedisContact,
        *,
        channel_of: Callable[[str], str],
        probe: Probe,
        deadline_seconds: float,
        unsubscribe_delay_seconds: float,
        hear: Callable[[str, bytes], None],
        suspect: Callable[[Collection[str]], None],
    ) -> None:
        self._contact = contact
        self._channel_of = channel_of
        self._probe = probe
        self._deadline_seconds = deadline_seconds
        self._unsubscribe_delay_seconds = unsubscribe_delay_seconds
        self._hear = hear
        self._suspect = suspect
        self._topics: dict[bytes, str] = {}
        self._confirmed: set[bytes] = set()
        self._asking: dict[bytes, asyncio.Future[None]] = {}
        self._endings: dict[str, asyncio.TimerHandle] = {}
        self._changes: dict[bytes, bool] = {}
        self._unanswered: Counter[bytes] = Counter()
        self._wake = asyncio.Event()
        self._heard = asyncio.Event()
        self._was_connected = False
        self.link = RedisLink(
            "subscriber",
            settings,
            contact,
            greet=self._greet,
            serve=self._serve,
            ended=self._connection_ended,
        )

    async def subscribe(self, topic: str) -> None:
        """Returns once announcements of ``topic`` arrive here.

        Raises:
            BackplaneUnavailable: no confirmation within the deadline.
        """
        channel = self._channel_of(topic).encode()
        if ending := self._endings.pop(topic, None):
            ending.cancel()
        if channel not in self._topics:
            self._topics[channel] = topic
            self._change(channel, wanted=True)
        if channel in self._confirmed:
            return
        if self.link.is_away:
            raise BackplaneUnavailable(self._contact.detail)
        if channel not in self._asking:
            self._asking[channel] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await asyncio.shield(self._asking[channel])
        except TimeoutError:
            raise BackplaneUnavailable(
                f"Redis at {self._contact.address} did not confirm a subscription"
            ) from None

    def unsubscribe(self, topic: str) -> None:
        """Ends the interest after a while, unless it comes back before."""
        if self._channel_of(topic).encode() in self._topics and topic not in self._endings:
            loop = asyncio.get_running_loop()
            self._endings[topic] = loop.call_later(
                self._unsubscribe_delay_seconds, self._end, topic
            )

    def close(self) -> None:
        """Ends every interest; the link's task has been cancelled before."""
        for ending in self._endings.values():
            ending.cancel()
        self._endings.clear()
        self._topics.clear()
        self._refuse_askers("the connection to Redis is closed")

    def _end(self, topic: str) -> None:
        channel = self._channel_of(topic).encode()
        del self._endings[topic]
        del self._topics[channel]
        self._confirmed.discard(channel)
        self._change(channel, wanted=False)

    def _change(self, channel: bytes, *, wanted: bool) -> None:
        self._changes[channel] = wanted
        self._wake.set()

    async def _greet(self, connection: AbstractConnection) -> None:
        """Subscribes to everything that is wanted, and returns when all of it is confirmed."""
        self._changes.clear()
        self._unanswered.clear()
        await self._send(connection, "SUBSCRIBE", [self._probe.channel.encode(), *self._topics])
        while self._unanswered:
            self._take(await connection.read_response())
        if self._was_connected and self._topics:
            self._suspect(frozenset(self._topics.values()))
        self._was_connected = True

    async def _serve(self, connection: AbstractConnection) -> None:
        await until_one_ends(self._write(connection), self._read(connection), self._watch())

    async def _write(self, connection: AbstractConnection) -> None:
        """Sends what one step of the loop has changed in one go."""
        self._wake.set()
        while connection.is_connected:  # pragma: no branch - the reader ends first
            await self._wake.wait()
            self._wake.clear()
            changes, self._changes = self._changes, {}
            ended = [channel for channel, wanted in changes.items() if not wanted]
            begun = [channel for channel, wanted in changes.items() if wanted]
            await self._send(connection, "UNSUBSCRIBE", ended)
            await self._send(connection, "SUBSCRIBE", begun)

    async def _send(
        self, connection: AbstractConnection, verb: str, channels: Sequence[bytes]
    ) -> None:
        if verb == "SUBSCRIBE":
            self._unanswered.update(channels)
        for start in range(0, len(channels), CHANNELS_PER_COMMAND):
            some = channels[start : start + CHANNELS_PER_COMMAND]
            await connection.send_command(verb, *some, check_health=False)

    async def _read(self, connection: AbstractConnection) -> None:
        taken = 0
        while True:
            self._take(await connection.read_response())
            taken += 1
            if taken % MESSAGES_BETWEEN_YIELDS == 0:
                await asyncio.sleep(0)  # what is buffered is read without ever waiting

    def _take(self, reply: Any) -> None:
        self._heard.set()
        kind, channel, data = reply
        if kind == b"message":
            topic = self._topics.get(channel)
            if topic is not None:
                self._hand_on(topic, data)
        elif kind == b"subscribe":
            self._confirm(channel)

    def _hand_on(self, topic: str, envelope: bytes) -> None:
        try:
            self._hear(topic, envelope)
        except Exception:
            # A fault of the listener, or strange bytes on our channel: neither may end the reader.
            log.exception("realtime.announcement_failed", topic=topic)

    def _confirm(self, channel: bytes) -> None:
        self._unanswered[channel] -= 1
        if self._unanswered[channel] > 0:
            return
        del self._unanswered[channel]
        if channel in self._topics:
            self._confirmed.add(channel)
            asking = self._asking.pop(channel, None)
            if asking is not None:
                asking.set_result(None)

    async def _watch(self) -> None:
        """Calls itself after every silence; ends when that is not heard."""
        while True:
            self._heard.clear()
            await asyncio.sleep(self._probe.seconds)
            probes = 0
            while not self._heard.is_set():
                if probes == PROBES:
                    log.warning("redis.probe_failed", address=self._contact.address)
                    self._contact.meters.probe_failures.inc()
                    return
                probes += 1
                await self._call()

    async def _call(self) -> None:
        try:
            async with asyncio.timeout(self._probe.seconds / PROBES):
                await self._probe.send()
                await self._heard.wait()
        except (BackplaneUnavailable, TimeoutError):
            return

    def _connection_ended(self) -> None:
        self._confirmed.clear()
        if self.link.is_away:
            self._refuse_askers(self._contact.detail)

    def _refuse_askers(self, detail: str) -> None:
        for asking in self._asking.values():
            asking.set_exception(BackplaneUnavailable(detail))
            asking.exception()  # whoever asked may be gone
        self._asking.clear()
