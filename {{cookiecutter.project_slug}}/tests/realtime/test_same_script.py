"""The same random script over every backplane: clients see the same, to the last frame."""

import json
import random
import re
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from app.settings import Settings
from tests.realtime.own_cluster import OwnCluster
from tests.realtime.rig import Door
from tests.realtime.rig import Frame
from tests.realtime.rig import Served
from tests.realtime.rig import Socket
from tests.realtime.rig import serving
from tests.realtime.test_two_processes import Adapters
from tests.realtime.test_two_processes import in_memory
from tests.realtime.test_two_processes import over_redis

TOPICS = ("room:7", "short:8", "room:9")  # of short:8 only two messages are kept
KEYS = (None, None, "one", "two")
PEOPLE = ("ada", "grace")
STEPS = 60
EPOCH = re.compile(r'"epoch": "\w+"')


class Script:
    """Two processes, two people, and everything that they saw, in order."""

    def __init__(self, seed: int, processes: list[Served], door: Door) -> None:
        self._chance = random.Random(seed)
        self._processes = processes
        self._door = door
        self._sockets: dict[str, tuple[AsyncExitStack, Socket]] = {}
        self._listening: dict[str, set[str]] = {name: set() for name in PEOPLE}
        self._seen: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in PEOPLE}
        self._epochs: dict[str, str] = {}
        self._sent = 0
        self.log: list[str] = []

    async def run(self) -> None:
        """Takes all steps, then lets everybody go."""
        steps: list[Callable[[], Awaitable[None]]] = [
            *(self._publish,) * 5,
            *(self._come_or_go,) * 2,
            self._subscribe,
            self._unsubscribe,
            self._look_back,
        ]
        for _ in range(STEPS):
            await self._chance.choice(steps)()
        for name in list(self._sockets):
            await self._go(name)

    async def _publish(self) -> None:
        topic, key = self._chance.choice(TOPICS), self._chance.choice(KEYS)
        process = self._chance.choice(self._processes)
        self._sent += 1
        placed = await process.realtime.publish(topic, b"%d" % self._sent, key=key)
        self._note("published", topic, key, placed.offset, placed.duplicate)
        if placed.duplicate:
            return
        for name, topics in self._listening.items():
            if topic in topics:
                frame = await self._sockets[name][1].receive()
                self._seen[name][topic]["offset"] = frame["offset"]
                self._note(name, "heard", frame)

    async def _come_or_go(self) -> None:
        name = self._chance.choice(PEOPLE)
        if name in self._sockets:
            await self._go(name)
            return
        wanted = self._chance.sample(TOPICS, self._chance.randint(1, 3))
        process, stack = self._chance.choice(self._processes), AsyncExitStack()
        socket = await stack.enter_async_context(process.socket(name))
        self._sockets[name] = stack, socket
        result = await socket.hello(*(self._wish(name, topic) for topic in wanted))
        for begun in result["subscriptions"]:
            self._begun(name, begun)

    async def _go(self, name: str) -> None:
        stack, _ = self._sockets.pop(name)
        await stack.aclose()
        self._listening[name].clear()
        self._note(name, "left")

    async def _subscribe(self) -> None:
        for name, (_, socket) in self._sockets.items():
            topic = self._chance.choice(TOPICS)
            reply = await socket.ask("subscribe", **self._wish(name, topic))
            if "result" in reply:
                self._begun(name, reply["result"])
            else:
                self._note(name, "refused", reply["error"])

    async def _unsubscribe(self) -> None:
        for name, (_, socket) in self._sockets.items():
            topic = self._chance.choice(TOPICS)
            reply = await socket.ask("unsubscribe", topic=topic)
            self._listening[name].discard(topic)
            self._note(name, "unsubscribed", topic, reply.get("result"), reply.get("error"))

    async def _look_back(self) -> None:
        for name, (_, socket) in self._sockets.items():
            topic, reverse = self._chance.choice(TOPICS), self._chance.random() < 0.5
            limit = self._chance.randint(1, 5)
            reply = await socket.ask("history", topic=topic, limit=limit, reverse=reverse)
            self._note(name, "looked back", topic, limit, reverse, reply)

    def _wish(self, name: str, topic: str) -> Frame:
        seen = self._seen[name].get(topic)
        return {"topic": topic, **({"since": dict(seen)} if seen else {})}

    def _begun(self, name: str, begun: Frame) -> None:
        topic = begun["topic"]
        self._listening[name].add(topic)
        self._seen[name][topic] = {"epoch": begun["epoch"], "offset": begun["offset"]}
        self._note(name, "began", begun)

    def _note(self, *facts: object) -> None:
        """Remembers what happened; the names of epochs differ, so each gets a number."""
        self.log.append(EPOCH.sub(self._numbered, json.dumps(facts)))

    def _numbered(self, epoch: re.Match[str]) -> str:
        return self._epochs.setdefault(epoch[0], f'"epoch": {len(self._epochs)}')


async def played(seed: int, adapters: list[Adapters]) -> list[str]:
    """Returns what a script does over one kind of backplane."""
    door = Door()
    async with AsyncExitStack() as stack:
        processes = [
            await stack.enter_async_context(serving(*each, door, presence_linger_seconds=0.0))
            for each in adapters
        ]
        script = Script(seed, processes, door)
        await script.run()
    return script.log


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
async def test_the_same_script_is_the_same_log_everywhere(
    seed: int, settings: Settings, redis: object, emptied_cluster: OwnCluster
) -> None:
    in_one_process = await played(seed, in_memory())
    over_one_server = await played(seed, over_redis(settings.redis))
    over_a_cluster = await played(seed, over_redis(emptied_cluster.settings))

    assert over_one_server == in_one_process
    assert over_a_cluster == in_one_process


async def test_scripts_differ_and_have_every_kind_of_ending_in_them() -> None:
    logs = [await played(seed, in_memory()) for seed in (1, 2, 3)]
    everything = "\n".join(line for log in logs for line in log)

    assert logs[0] != logs[1]
    assert '"recovered": true' in everything
    assert '"reason": "trimmed"' in everything
    assert re.search(r'"published".*true\]', everything)  # a key that was used again
    assert '"refused"' in everything
