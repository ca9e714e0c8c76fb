"""The world that the machine turns: two processes, three clients, a server, and the time."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import invariant

from tests.realtime.modelling.client import ModelClient
from tests.realtime.modelling.node import ROOM
from tests.realtime.modelling.node import SETTINGS
from tests.realtime.modelling.node import STATE
from tests.realtime.modelling.node import TOPICS
from tests.realtime.modelling.node import Bugs
from tests.realtime.modelling.node import Node
from tests.realtime.modelling.node import namespaces
from tests.realtime.modelling.server import ModelServer

CLIENTS = 3
NODES = 2
TURNS = 12
BEAT_SECONDS = 0.5
ONE_FRAME_BYTES = 400
SETTLING_TURNS = 10


class TimedLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still until a rule moves it."""

    now = 0.0

    def time(self) -> float:
        """Returns the time of the model."""
        return self.now


class World(RuleBasedStateMachine):
    """What there is, what holds at every moment, and what is left in the end."""

    bugs = Bugs()

    def __init__(self) -> None:
        super().__init__()
        self.loop = TimedLoop()
        self.crashes: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.crashes.append(context))
        self.server = ModelServer(
            keeps_epoch=self.bugs.epochs_come_back,
            has_janitor=not self.bugs.nobody_reaps_the_dead,
        )
        self.born = 0
        self.nodes = [self._node() for _ in range(NODES)]
        self.clients = [
            ModelClient(number, self.server, clock=self.loop.time, bugs=self.bugs)
            for number in range(CLIENTS)
        ]
        self.published = 0
        self.staying: list[int] = []

    def _node(self) -> Node:
        self.born += 1
        node = Node(self.server, f"n{self.born}", clock=self.loop.time, bugs=self.bugs)
        self.run(node.start)
        return node

    def run(
        self, work: Callable[[], Awaitable[object] | None] = lambda: None, turns: int = TURNS
    ) -> None:
        """Runs ``work`` and lets the loop turn until nothing moves but by a rule."""

        async def turn() -> None:
            waiting = work()
            if waiting is not None:
                await waiting
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turn())

    # How things move.

    def say(self, topic: str) -> None:
        window = {one.name: one.window for one in namespaces()}[topic.partition(":")[0]]
        assert window is not None
        self.published += 1
        self.server.publish(topic, b"%d" % self.published, window=window)

    def flow(self) -> None:
        """Lets arrive what no rule holds."""
        for node in self.nodes:
            while not self._has_arrived(node):
                self.run(partial(self._deliver, node), turns=6)

    def _has_arrived(self, node: Node) -> bool:
        station = node.station
        return (node.holds_announcements or not station.on_their_way) and (
            node.holds_answers or not station.answers
        )

    def _deliver(self, node: Node) -> None:
        station = node.station
        while station.on_their_way and not node.holds_announcements:
            station.hear_next()
        while station.answers and not node.holds_answers:
            station.answers.popleft().set()

    def connect(self, who: int, where: int, joins: bool) -> None:
        if self.clients[who].connection is None:
            self.run(partial(self.clients[who].connect, self.nodes[where], joins=joins))

    def bring_back_the_server(self, *, empty: bool) -> None:
        self.server.is_away = False
        if empty:
            self.server.lose_logs()
            self.server.lose_people()
        for node in self.nodes:
            self.run(node.station.regain_contact)

    def replace(self, where: int) -> None:
        node = self.nodes[where]
        self.run(node.stop)
        self.server.die(node.name, now=self.loop.now)
        self.nodes[where] = self._node()
        if self.server.is_away:
            self.run(self.nodes[where].station.lose_contact)

    def pass_time(self, seconds: int) -> None:
        for _ in range(round(seconds / BEAT_SECONDS)):
            self.loop.now += BEAT_SECONDS
            self.run(self.beat, turns=4)
            self.every_client_saw_the_truth()
        if not self.server.is_away:
            self.server.tidy_up(now=self.loop.now)

    def beat(self) -> None:
        for node in self.nodes:
            node.core.heartbeat.beat(self.loop.now)

    # What holds at every moment.

    @invariant()
    def every_client_saw_the_truth(self) -> None:
        self.flow()
        for client in self.clients:
            client.look()
            if client.has_ended:
                self.run(client.cut)

    @invariant()
    def queues_are_bounded_and_their_sum_is_known(self) -> None:
        for node in self.nodes:
            queued = [one.outbound.queued_bytes for one in node.core.hub.connections.values()]
            assert all(size <= SETTINGS.outbound_max_bytes + ONE_FRAME_BYTES for size in queued)
            assert node.core.backlog.queued_bytes == sum(queued)

    @invariant()
    def registries_hold_those_who_are_there(self) -> None:
        for node in self.nodes:
            here = {one.connection for one in self.clients if one.node is node}
            assert set(node.core.hub.connections.values()) == here
            for topic in node.core.hub.topics.values():
                assert set(topic.subscribers) <= here
            assert len(set(node.station.subscribed)) == len(node.station.subscribed)

    @invariant()
    def nothing_has_crashed(self) -> None:
        assert self.crashes == []

    def teardown(self) -> None:
        """Lets everything arrive: then every client is where the logs are and sees everybody."""
        try:
            # Whoever is away stays away, so that a ghost of theirs would be seen.
            self.staying = [0, *(who for who in (1, 2) if self.clients[who].connection)]
            self.settle()
            self.everybody_is_at_the_top()
            self.everybody_sees_everybody()
            for client in self.clients:
                self.run(client.cut)
            for node in self.nodes:
                self.nothing_is_left_on(node)
        finally:
            for node in self.nodes:
                self.run(node.stop)
            self.loop.close()

    def settle(self) -> None:
        if self.server.is_away:
            self.bring_back_the_server(empty=False)
        for node in self.nodes:
            node.holds_announcements = node.holds_answers = False
        for turn in range(SETTLING_TURNS):
            for who in self.staying:
                self.clients[who].writer.is_stuck = False
                self.connect(who, (who + turn) % NODES, joins=bool(turn % 2))
                self.run(self.clients[who].ask_presence)
            self.flow()
            self.pass_time(3)

    def everybody_is_at_the_top(self) -> None:
        for topic in TOPICS:
            top = self.server.top(topic)
            assert {self.clients[who].positions.get(topic) for who in self.staying} == {top}
        newest = self.server.truth[STATE, self.server.top(STATE).epoch]
        if newest:
            assert {self.clients[who].value for who in self.staying} == {int(newest[-1])}
        assert not any(node.core.hub.suspects for node in self.nodes)

    def everybody_sees_everybody(self) -> None:
        there = {str(self.clients[who].user) for who in self.staying}
        assert self.server.users(ROOM) == there
        assert all(self.clients[who].members == there for who in self.staying)

    def nothing_is_left_on(self, node: Node) -> None:
        core = node.core
        while node.station.answers:
            node.station.answers.popleft().set()
            self.run()
        assert not core.hub.topics
        assert not core.hub.connections
        assert not node.station.subscribed
        assert not node.station.own
        assert not core.backlog.waiting
        assert core.backlog.queued_bytes == 0
        assert core.admission.connections == 0
