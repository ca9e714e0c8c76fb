"""A machine that does to a hub whatever can happen, in any order, and looks at what clients saw.

Nothing waits: announcements and readings are handed over by rules, one at a time, and may be lost,
doubled or late. Whatever happens, a client sees offsets that rise by one, or is told of a gap.
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from functools import partial

from hypothesis import Phase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule

from app.realtime.subscribing.catch_up import CatchUp
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.realtime.wiring import build_core
from app.settings import RealtimeSettings
from tests.realtime.fakes import FakePresence
from tests.realtime.model import TOPIC
from tests.realtime.model import ModelClient
from tests.realtime.model import PiecewiseBackplane
from tests.realtime.rig import Door

CLIENTS = 3
TURNS = 12
WINDOW = Window(messages=12)
SETTINGS = RealtimeSettings.model_construct(recovery_messages=8, subscribing_buffer_messages=4)
some_client = st.integers(0, CLIENTS - 1)


class HubMachine(RuleBasedStateMachine):
    """One hub, three clients, one topic."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.backplane, door = PiecewiseBackplane(), Door()
        self.core, awake = build_core(
            SETTINGS,
            backplane=self.backplane,
            presence=FakePresence(),
            authenticate=door.authenticate,
            origins=frozenset(),
            clock=lambda: 0.0,
        )
        self.core.access.declare(TopicNamespace("room", kind=WINDOW, authorise=door.authorise))
        self.backplane.listeners.append(self.core.hub)
        self.catch_up = CatchUp(self.core, awake)
        self.clients = [ModelClient(self.core, self.backplane) for _ in range(CLIENTS)]
        self.published = 0
        self.epochs = 1
        self.run(lambda: self.core.supervisor.keep("catch-up", self.catch_up.run))

    def run(self, work: Callable[[], Awaitable[object] | None] = lambda: None) -> None:
        """Runs ``work`` and lets the loop turn until nothing moves but by a rule."""

        async def turn() -> None:
            waiting = work()
            if waiting is not None:
                await waiting
            for _ in range(TURNS):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turn())

    @rule(count=st.integers(1, 4))
    def publish(self, count: int) -> None:
        for _ in range(count):
            self.published += 1
            data = b"%d" % self.published
            self.run(partial(self.backplane.publish, TOPIC, data, window=WINDOW))

    @rule()
    def announcements_arrive(self) -> None:
        while self.backplane.on_their_way:
            self.run(self.backplane.announce_next)

    @precondition(lambda self: self.backplane.on_their_way)
    @rule()
    def an_announcement_arrives(self) -> None:
        self.run(self.backplane.announce_next)

    @precondition(lambda self: self.backplane.on_their_way)
    @rule()
    def an_announcement_arrives_twice(self) -> None:
        self.backplane.on_their_way.appendleft(self.backplane.on_their_way[0])
        self.an_announcement_arrives()

    @precondition(lambda self: self.backplane.on_their_way)
    @rule()
    def an_announcement_is_overtaken(self) -> None:
        self.backplane.on_their_way.rotate(-1)

    @precondition(lambda self: self.backplane.on_their_way)
    @rule()
    def an_announcement_is_lost(self) -> None:
        self.backplane.on_their_way.popleft()

    @precondition(lambda self: self.backplane.on_their_way)
    @rule()
    def the_subscriber_connection_is_made_anew(self) -> None:
        self.backplane.on_their_way.clear()
        self.run(lambda: self.core.hub.suspect(list(self.core.hub.topics)))

    @precondition(lambda self: self.backplane.read)
    @rule(last=st.booleans())
    def a_reading_arrives(self, last: bool) -> None:
        (self.backplane.read.pop() if last else self.backplane.read.popleft()).set()
        self.run()

    @rule()
    def the_server_restarts_empty(self) -> None:
        self.epochs += 1
        self.backplane.forget_everything(f"e{self.epochs}")

    @rule(who=some_client)
    def a_client_connects(self, who: int) -> None:
        if self.clients[who].connection is None:
            self.run(self.clients[who].connect)

    @rule(who=some_client)
    def a_client_is_cut(self, who: int) -> None:
        self.run(self.clients[who].cut)

    @invariant()
    def every_client_saw_the_truth(self) -> None:
        for client in self.clients:
            client.look()

    def teardown(self) -> None:
        """Lets everything arrive: then every client is where the log is."""
        try:
            self.settle()
            self.everybody_is_at_the_top()
            for client in self.clients:
                self.run(client.cut)
            self.nothing_is_left()
        finally:
            self.run(self.core.supervisor.close)
            self.loop.close()

    def settle(self) -> None:
        self.publish(1)
        for who in range(CLIENTS):
            self.a_client_connects(who)
        for _ in range(20):
            self.announcements_arrive()
            while self.backplane.read:
                self.a_reading_arrives(last=False)
            self.core.hub.quiet_topics()
            self.run(self.catch_up.check_quiet_topics)
        self.every_client_saw_the_truth()

    def everybody_is_at_the_top(self) -> None:
        top = self.backplane.newest[TOPIC]
        assert [client.position for client in self.clients] == [top] * CLIENTS
        assert not self.core.hub.suspects

    def nothing_is_left(self) -> None:
        assert not self.core.hub.topics
        assert not self.core.hub.connections
        assert not self.backplane.subscribed
        assert not self.core.backlog.waiting
        assert self.core.backlog.queued_bytes == 0
        assert self.core.admission.connections == 0


HubMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
)
test_the_hub_keeps_its_promise_whatever_happens = HubMachine.TestCase
