"""A machine that does to two processes whatever can happen, in any order, in a time of its own.

Nothing waits and nothing is real but the core: announcements and answers arrive at once unless a
rule holds them, and may be lost, doubled, late or in another order; servers restart, processes die,
readers stop to read. Whatever happens, a client sees offsets that rise by one, or is told of a gap.
"""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import initialize
from hypothesis.stateful import precondition
from hypothesis.stateful import rule

from tests.realtime.modelling.node import ROOM
from tests.realtime.modelling.node import TOPICS
from tests.realtime.modelling.world import CLIENTS
from tests.realtime.modelling.world import NODES
from tests.realtime.modelling.world import World

some_client = st.integers(0, CLIENTS - 1)
some_node = st.integers(0, NODES - 1)
some_topic = st.sampled_from(TOPICS)


class HubMachine(World):
    """The rules."""

    # What is said.

    @precondition(lambda self: not self.server.is_away)
    @rule(topic=some_topic, count=st.integers(1, 4))
    def publish(self, topic: str, count: int) -> None:
        for _ in range(count):
            self.say(topic)
            self.flow()

    @precondition(lambda self: not self.server.is_away)
    @rule(topic=some_topic, count=st.integers(2, 30))
    def publish_in_one_tick(self, topic: str, count: int) -> None:
        for _ in range(count):
            self.say(topic)

    @precondition(lambda self: not self.server.is_away)
    @rule(topic=some_topic, where=some_node)
    def publish_and_lose_an_announcement(self, topic: str, where: int) -> None:
        on_their_way = self.nodes[where].station.on_their_way
        before = len(on_their_way)
        self.say(topic)
        if len(on_their_way) > before:
            on_their_way.pop()

    @precondition(lambda self: not self.server.is_away)
    @rule(who=some_client, key=st.sampled_from(["typing", "pointer", None]))
    def a_client_signals(self, who: int, key: str | None) -> None:
        client = self.clients[who]
        if client.connection is not None and client.node is not None:
            data = b"%d" % client.user.int
            sender = client.connection.id
            signal = partial(client.node.station.signal, ROOM, data, sender=sender, key=key)
            self.run(signal)

    # What becomes of it on its way.

    @rule(where=some_node, holds=st.booleans())
    def the_network_holds_announcements(self, where: int, holds: bool) -> None:
        self.nodes[where].holds_announcements = holds

    @rule(where=some_node, holds=st.booleans())
    def the_network_holds_answers(self, where: int, holds: bool) -> None:
        self.nodes[where].holds_answers = holds

    @rule(where=some_node)
    def an_announcement_arrives(self, where: int) -> None:
        if self.nodes[where].station.on_their_way:
            self.run(self.nodes[where].station.hear_next)

    @rule(where=some_node)
    def an_announcement_arrives_twice(self, where: int) -> None:
        on_their_way = self.nodes[where].station.on_their_way
        if on_their_way:
            on_their_way.appendleft(on_their_way[0])
            self.an_announcement_arrives(where)

    @rule(where=some_node)
    def an_announcement_is_overtaken(self, where: int) -> None:
        self.nodes[where].station.on_their_way.rotate(-1)

    @rule(where=some_node)
    def a_message_is_lost(self, where: int) -> None:
        on_their_way = self.nodes[where].station.on_their_way
        if on_their_way and on_their_way[0][1][0] != "presence":
            on_their_way.popleft()

    @precondition(lambda self: not self.server.is_away)
    @rule(where=some_node, loses=st.booleans(), topic=some_topic, count=st.integers(0, 10))
    def the_subscriber_connection_is_made_anew(
        self, where: int, loses: bool, topic: str, count: int
    ) -> None:
        for _ in range(count):
            self.say(topic)
        self.run(partial(self.nodes[where].station.subscribe_anew, loses=loses))

    @rule(where=some_node, last=st.booleans())
    def an_answer_arrives(self, where: int, last: bool) -> None:
        answers = self.nodes[where].station.answers
        if answers:
            (answers.pop() if last else answers.popleft()).set()
            self.run()

    # What becomes of the server and the processes.

    @precondition(lambda self: not self.server.is_away)
    @rule(cuts=st.booleans())
    def the_server_restarts_empty(self, cuts: bool) -> None:
        self.server.lose_logs()
        if cuts:
            self.server.lose_people()
            for node in self.nodes:
                self.run(node.station.subscribe_anew)

    @precondition(lambda self: not self.server.is_away)
    @rule()
    def the_server_fails_over(self) -> None:
        self.server.lose_logs()
        for node in self.nodes:
            self.run(partial(node.station.subscribe_anew, loses=False))

    @precondition(lambda self: not self.server.is_away)
    @rule()
    def the_server_goes_away(self) -> None:
        self.server.is_away = True
        for node in self.nodes:
            self.run(node.station.lose_contact)

    @precondition(lambda self: self.server.is_away)
    @rule(empty=st.booleans())
    def the_server_comes_back(self, empty: bool) -> None:
        self.bring_back_the_server(empty=empty)

    @rule(where=some_node, come_back=st.booleans())
    def a_process_is_killed(self, where: int, come_back: bool) -> None:
        node = self.nodes[where]
        here = [who for who, client in enumerate(self.clients) if client.node is node]
        for who in here:
            self.clients[who].look()
            self.clients[who].lose()
        self.replace(where)
        for who in here if come_back else ():
            self.connect(who, where, joins=True)

    @rule(where=some_node)
    def a_process_is_drained(self, where: int) -> None:
        node = self.nodes[where]
        self.run(node.drain)
        self.pass_time(3)
        assert not any(client.node is node for client in self.clients)
        self.nothing_is_left_on(node)
        self.replace(where)

    # What the clients do.

    @initialize()
    def everybody_connects(self) -> None:
        for who in range(CLIENTS):
            self.connect(who, who % NODES, joins=who == 0)

    @rule(who=some_client, where=some_node, joins=st.booleans())
    def a_client_connects(self, who: int, where: int, joins: bool) -> None:
        self.connect(who, where, joins=joins)

    @rule(who=some_client, where=some_node, comes_back=st.booleans())
    def a_client_is_cut(self, who: int, where: int, comes_back: bool) -> None:
        self.run(self.clients[who].cut)
        if comes_back:
            self.connect(who, where, joins=where == 0)

    @rule(who=some_client)
    def a_client_stops_to_read(self, who: int) -> None:
        self.clients[who].writer.is_stuck = True

    @rule(who=some_client)
    def a_client_reads_again(self, who: int) -> None:
        self.clients[who].writer.is_stuck = False
        self.run()

    @precondition(lambda self: not self.server.is_away)
    @rule(who=some_client, topic=some_topic, count=st.integers(3, 40))
    def a_client_is_slow_for_a_while(self, who: int, topic: str, count: int) -> None:
        self.a_client_stops_to_read(who)
        self.publish(topic, count)
        self.queues_are_bounded_and_their_sum_is_known()
        self.a_client_reads_again(who)

    @rule(seconds=st.integers(1, 12))
    def time_passes(self, seconds: int) -> None:
        self.pass_time(seconds)
