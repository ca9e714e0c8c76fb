"""The wires to one node of a Cluster: a connection for commands, one that listens."""

import asyncio
from collections.abc import Callable
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MovedError

from app.realtime.redis.dialing import ServerDial
from app.realtime.redis.eviction import warn_of_eviction
from app.realtime.redis.interests import Interests
from app.realtime.redis.pipeline import Redirect
from app.realtime.redis.pipeline import RedisPipeline
from app.realtime.redis.subscriber import Charge
from app.realtime.redis.subscriber import RedisSubscriber
from app.realtime.redis.watch import Probe
from app.realtime.redis.wiring import Wiring
from app.realtime.supervise import Supervisor
from app.redis_url import Address
from app.redis_url import shown_address

# The other nodes decide about a successor within seconds, and a node that is back waits for them.
PAUSE_CAP_SECONDS = 1.0


class ClusterNode:
    """One primary; ``wanted`` tells what is to be heard from it, ``ended`` is told of every end."""

    def __init__(
        self,
        wiring: Wiring,
        address: Address,
        interests: Interests,
        *,
        wanted: Callable[[], Iterable[bytes]],
        redirect: Redirect,
        moved: Callable[[MovedError], None],
        ended: Callable[[], None],
    ) -> None:
        self.shown = shown_address(address)
        self._contact = wiring.contact
        dial = ServerDial(
            wiring.servers.url_of(address),
            connect_seconds=wiring.redis.connect_seconds,
            pause_cap_seconds=PAUSE_CAP_SECONDS,
        )
        self.pipeline = RedisPipeline(
            dial,
            wiring.contact,
            deadline_seconds=wiring.settings.publish_deadline_seconds,
            name=f"commands of {self.shown}",
            check=_check,
            redirect=redirect,
            silent=lambda: self.subscriber.doubt(),
        )
        self.subscriber = RedisSubscriber(
            dial,
            wiring.contact,
            interests,
            Charge(wanted=wanted, slot=wiring.keys.slot_of, is_sharded=True, moved=moved),
            self._probe(wiring),
            name=f"subscriber of {self.shown}",
            ended=ended,
        )
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_away(self) -> bool:
        """Whether one of the connections cannot be made."""
        return self.pipeline.link.is_away or self.subscriber.link.is_away

    def start(self, supervisor: Supervisor) -> None:
        """Starts both connections."""
        self._tasks = [
            supervisor.keep(self.pipeline.link.name, self.pipeline.link.run),
            supervisor.keep(self.subscriber.link.name, self.subscriber.link.run),
            supervisor.start(f"eviction policy of {self.shown}", warn_of_eviction(self.pipeline)),
        ]

    def stop(self) -> None:
        """Ends both connections; what still waits for an answer fails."""
        for task in self._tasks:
            task.add_done_callback(self._forget)
            task.cancel()
        self.pipeline.close()

    def _probe(self, wiring: Wiring) -> Probe:
        # Announced to everybody, but heard on this very connection: it belongs to no slot.
        channel = wiring.keys.probe(wiring.node)
        return Probe(
            channel,
            wiring.settings.probe_seconds,
            lambda: self.pipeline.command("PUBLISH", channel, b""),
        )

    def _forget(self, _ended: asyncio.Task[None]) -> None:
        # Only now: a connection that is given up reports its own end first.
        self._contact.forget(self.pipeline.link.name)
        self._contact.forget(self.subscriber.link.name)


async def _check(connection: AbstractConnection) -> None:
    """Sees to it that a node that answers and refuses everything counts as away."""
    await connection.send_command("CLUSTER", "INFO", check_health=False)
    told: bytes = await connection.read_response()
    if b"cluster_state:ok" not in told:
        raise RedisConnectionError("the node says that the Cluster is down")
