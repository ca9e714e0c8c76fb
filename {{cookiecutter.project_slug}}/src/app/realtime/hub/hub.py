"""The hub of one process: who is connected, who listens to what, and the fan-out.

Synchronous: no I/O, no ``await`` between a check and a change. What has to be awaited is either
returned to the caller or left in ``suspects`` for the one who reads logs.
"""

import time
from collections.abc import Callable
from collections.abc import Collection
from typing import Any

from app.principal import MachineId
from app.principal import SessionId
from app.principal import TokenId
from app.principal import UserId
from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.connections.connection import Connection
from app.realtime.hub.echo import Echo
from app.realtime.hub.topic_state import TopicState
from app.realtime.metrics import Meters
from app.realtime.presence_store import Diff
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Receiver
from app.realtime.topics import TopicNamespace
from app.settings import RealtimeSettings

SWEEP_WRITES = 500


class Hub:
    """Registries and fan-out; the listener of the backplane and of the presence store.

    ``call_soon`` runs a function at the next turn of the loop, ``wake`` tells whoever reads logs
    that ``suspects`` is not empty, or that the backplane came back; ``tell_later`` tells whoever
    tells of gaps over a while that ``untold`` is not empty.
    """

    def __init__(
        self,
        settings: RealtimeSettings,
        *,
        call_soon: Callable[[Callable[[], None]], Any],
        wake: Callable[[], None],
        tell_later: Callable[[], None] = lambda: None,
        meters: Meters | None = None,
    ) -> None:
        self._settings = settings
        self._call_soon = call_soon
        self._wake = wake
        self._tell_later = tell_later
        self._with_news: dict[str, TopicState] = {}
        self._is_scheduled = False
        self.connections: dict[str, Connection] = {}
        self.topics: dict[str, TopicState] = {}
        self.suspects: dict[str, None] = {}
        self.untold: dict[str, TopicState] = {}
        self.meters = meters or Meters()
        self.echo = Echo(self.meters.backplane_lag_seconds.observe, clock=time.perf_counter)
        self.degraded = False
        self.is_backplane_away = False

    @property
    def machines(self) -> set[MachineId]:
        """The machines that have a connection here."""
        callers = (one.principal.machine_id for one in self.connections.values())
        return {machine for machine in callers if machine is not None}

    def attach(self, connection: Connection) -> None:
        """Registers a connection."""
        self.connections[connection.id] = connection

    def detach(self, connection: Connection) -> list[str]:
        """Forgets a connection; returns the topics that nobody here listens to any more."""
        self.connections.pop(connection.id, None)
        topics = [self.topics[name] for name in connection.subscriptions if name in self.topics]
        connection.subscriptions.clear()
        return [topic.name for topic in topics if self._end(topic, connection)]

    def begin(self, receiver: Receiver, name: str, namespace: TopicNamespace) -> TopicState:
        """Adds a subscriber that hears nothing until its topic's log has been read."""
        topic = self.topics.get(name)
        if topic is None:
            topic = TopicState(name, namespace, self._settings, meters=self.meters)
            self.topics[name] = topic
        listening = topic.begin(receiver)
        if isinstance(receiver, Connection):
            receiver.subscriptions[name] = listening
        return topic

    def end(self, receiver: Receiver, name: str) -> bool:
        """Removes a subscriber; True when nobody here listens to the topic any more."""
        if isinstance(receiver, Connection):
            receiver.subscriptions.pop(name, None)
        topic = self.topics.get(name)
        return topic is not None and self._end(topic, receiver)

    def message(self, topic: str, epoch: str, entry: Entry) -> None:
        """Takes one announced message of a recoverable topic."""
        self.echo.heard(topic, epoch, entry.offset)
        state = self.topics.get(topic)
        if state is not None and state.log is not None:
            state.log.receive(epoch, entry)
            self.follow_up(state)

    def signal(self, topic: str, data: bytes, *, sender: str | None, key: str | None) -> None:
        """Takes one ephemeral message."""
        state = self.topics.get(topic)
        if state is not None:
            state.signal(data, sender=sender, key=key)
            self.follow_up(state)

    def presence(self, topic: str, diff: Diff) -> None:
        """Takes one presence diff."""
        state = self.topics.get(topic)
        if state is not None:
            state.presence(diff)
            self.follow_up(state)

    def suspect(self, topics: Collection[str]) -> None:
        """Learns that announcements of ``topics`` may be lost, and that none is from now on."""
        for state in filter(None, map(self.topics.get, topics)):
            if state.log is not None:
                state.log.suspect()
                self.follow_up(state)

    def compare(self, topic: str, top: Position | None) -> None:
        """Takes the top of a topic's log, read in passing."""
        state = self.topics.get(topic)
        if state is not None and state.log is not None:
            state.log.compare(top)
            self.follow_up(state)

    def state(self, *, degraded: bool) -> None:
        """Learns that the backplane went away or came back.

        Subscribers are told of the return only when what they missed has been caught up.
        """
        self.is_backplane_away = degraded
        if degraded and not self.degraded:
            self.degraded = True
            self.tell_status()
        elif not degraded:
            self._wake()

    def tell_status(self) -> None:
        """Tells everybody whether live messages arrive."""
        line = frames.status(degraded=self.degraded)
        for connection in self.greeted():
            connection.tell("status", line)

    def greeted(self) -> list[Connection]:
        """Returns the connections whose ``hello`` or ``welcome`` is over."""
        return [connection for connection in self.connections.values() if connection.is_greeted]

    def connections_of(
        self,
        *,
        user: UserId | None = None,
        session: SessionId | None = None,
        token: TokenId | None = None,
        machine: MachineId | None = None,
    ) -> list[Connection]:
        """Returns the connections of any of these, also those being greeted."""
        return [
            connection
            for connection in self.connections.values()
            if (user is not None and connection.principal.user_id == user)
            or (session is not None and connection.principal.session_id == session)
            or (token is not None and connection.principal.token_id == token)
            or (machine is not None and connection.principal.machine_id == machine)
        ]

    def machines_of(self, owner: UserId | None) -> list[Connection]:
        """Returns the connections of somebody's machines; nobody has none."""
        everybody = self.connections.values()
        return [one for one in everybody if owner and one.principal.owner_id == owner]

    def quiet_topics(self, *, turns: int = 1) -> list[str]:
        """Returns the live topics with a log that nothing was heard of for ``turns`` whole turns.

        A call ends a turn; a silent topic is returned once in ``turns`` calls.
        """
        quiet = []
        for topic in self.topics.values():
            if topic.log is not None and topic.log.state == "live":
                topic.quiet_turns += 1
                if topic.quiet_turns > turns:
                    topic.quiet_turns = 1
                    quiet.append(topic.name)
        return quiet

    def follow_up(self, topic: TopicState) -> None:
        """Schedules what a change of ``topic`` asks for: a fan-out, a reading of its log."""
        if topic.has_news:
            self._with_news[topic.name] = topic
            self._schedule()
        if topic.log is not None and topic.log.state == "suspect":
            self.suspects[topic.name] = None
            self._wake()
        if topic.untold:
            self.untold[topic.name] = topic
            self._tell_later()

    def tell_untold(self, most: int) -> None:
        """Tells up to so many of those who wait for it of their gap."""
        while self.untold and most > 0:
            name, topic = next(iter(self.untold.items()))
            most -= topic.tell_untold(most)
            if not topic.untold:
                del self.untold[name]

    def listening(self, connection: Connection, topic: str) -> Listening | None:
        """Returns the live subscription of ``connection`` to ``topic``."""
        listening = connection.subscriptions.get(topic)
        return listening if listening is not None and listening.is_live else None

    def flush(self) -> None:
        """Fans out what all topics have to say: everything of one tick in one write each.

        After ``SWEEP_WRITES`` writes the loop gets a turn, so that a large topic starves nobody.
        """
        began = time.perf_counter()
        self._is_scheduled = False
        writes_left = SWEEP_WRITES
        while self._with_news and writes_left > 0:
            name, topic = next(iter(self._with_news.items()))
            writes_left -= max(1, topic.sweep(writes_left))
            del self._with_news[name]
            if topic.has_news:
                self._with_news[name] = topic
        if self._with_news:
            self._schedule()
        self.meters.fan_out_seconds.observe(time.perf_counter() - began)

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._call_soon(self.flush)

    def _end(self, topic: TopicState, receiver: Receiver) -> bool:
        topic.end(receiver)
        if topic.subscribers:
            return False
        del self.topics[topic.name]
        self.suspects.pop(topic.name, None)
        self.untold.pop(topic.name, None)
        self._with_news.pop(topic.name, None)
        return True
