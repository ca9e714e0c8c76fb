"""The wires to a single server, or to the primary that Sentinels name."""

from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.eviction import warn_of_eviction
from app.realtime.redis.interests import Carrier
from app.realtime.redis.interests import Interests
from app.realtime.redis.pipeline import RedisPipeline
from app.realtime.redis.sentinel import SentinelDial
from app.realtime.redis.subscriber import Charge
from app.realtime.redis.subscriber import RedisSubscriber
from app.realtime.redis.watch import Probe
from app.realtime.redis.wiring import Wiring
from app.realtime.supervise import Supervisor


class OneServer:
    """Two connections: one for commands, one that listens."""

    def __init__(self, wiring: Wiring) -> None:
        settings, contact = wiring.settings, wiring.contact
        self._contact = contact
        self._supervisor = Supervisor()
        self._dial = self._dial_of(wiring)
        self.interests = Interests(
            self,
            wiring.ears,
            channel_of=wiring.keys.channel,
            deadline_seconds=settings.publish_deadline_seconds,
            unsubscribe_delay_seconds=settings.unsubscribe_delay_seconds,
        )
        self.commands = RedisPipeline(
            self._dial,
            contact,
            deadline_seconds=settings.publish_deadline_seconds,
            silent=lambda: self._subscriber.doubt(),
        )
        channel = wiring.keys.probe(wiring.node)
        self._subscriber = RedisSubscriber(
            self._dial,
            contact,
            self.interests,
            Charge(wanted=self.interests.topics.keys),
            Probe(
                channel,
                settings.probe_seconds,
                lambda: self.commands.command("PUBLISH", channel, b""),
            ),
        )

    @property
    def failing(self) -> list[str]:
        """Names the tasks that keep crashing."""
        return self._supervisor.failing

    async def open(self) -> None:
        """Starts both connections, and returns whether or not they can be made."""
        self._supervisor.keep("redis commands", self.commands.link.run)
        self._supervisor.keep("redis subscriber", self._subscriber.link.run)
        self._supervisor.start("eviction policy", warn_of_eviction(self.commands))
        if isinstance(self._dial, SentinelDial):
            self._supervisor.keep("redis sentinels", self._dial.watch)

    async def close(self) -> None:
        """Ends both connections."""
        await self._supervisor.close()
        self.commands.close()
        self.interests.close()

    def carrier_of(self, channel: bytes) -> Carrier | None:
        """Returns the connection that listens."""
        return self._subscriber

    def why_away(self, channel: bytes) -> str | None:
        """Returns why nothing can be heard for now, if that is so."""
        return self._contact.detail if self._subscriber.link.is_away else None

    def _dial_of(self, wiring: Wiring) -> ServerDial | SentinelDial:
        seconds = wiring.redis.connect_seconds
        if wiring.servers.kind == "server":
            return ServerDial(wiring.servers.url, connect_seconds=seconds)
        return SentinelDial(wiring.servers, wiring.redis, moved=self._primary_moved)

    def _primary_moved(self) -> None:
        """Gives up both connections: they lead to a server that is not the primary any more."""
        self.commands.link.drop("the primary has changed")
        self._subscriber.link.drop("the primary has changed")
