"""A client that has missed a lot of many topics: what its return costs the process."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.topics import Window
from app.settings import Settings
from tests.realtime.contracts.ears import Ears
from tests.realtime.faults.nodes import ORIGIN
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.nodes import nodes
from tests.sockets import connect

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process in /proc"),
]

MIB = 1024 * 1024
TOPICS = 128
MESSAGES = 32
MESSAGE_BYTES = 15 * 1024  # of a topic together a little less than it may recover
GROWTH_MAX_BYTES = 16 * MIB
UNLIMITED = str(2**40)


def most_resident_bytes(node: Node) -> int:
    """Returns the most memory that a process ever had."""
    lines = Path(f"/proc/{node.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


async def fill(settings: Settings) -> str:
    """Publishes much on many topics; returns what a client wishes that has seen nothing of it."""
    patient = settings.realtime.model_copy(update={"publish_deadline_seconds": 60.0})
    backplane = RedisBackplane(patient, settings.redis, node="filler")
    await backplane.open(Ears())
    data, window = json.dumps("x" * MESSAGE_BYTES).encode(), Window()
    wishes = []
    for topic in (f"room:{number}" for number in range(TOPICS)):
        said = [backplane.publish(topic, data, window=window) for _ in range(MESSAGES)]
        [*_, newest] = await asyncio.gather(*said)
        wishes.append({"topic": topic, "since": {"epoch": newest.epoch, "offset": 0}})
    await backplane.close()
    return json.dumps(wishes)


async def return_of(node: Node, wishes: str) -> tuple[int, int]:
    """Says hello with all topics; returns how many were recovered, and the growth in bytes."""
    before_bytes = most_resident_bytes(node)
    async with connect(
        f"ws://127.0.0.1:{node.port}/realtime/socket",
        origin=Origin(ORIGIN),
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Cookie": "session=ada"},
        compression=None,
        max_size=None,
    ) as connection:
        await connection.send(f'{{"type":"hello","id":1,"subscriptions":{wishes}}}')
        reply = json.loads(str(await connection.recv()).split("\n")[0])
    answers = reply["result"]["subscriptions"]
    assert len(answers) == TOPICS
    return sum(one["recovered"] for one in answers), most_resident_bytes(node) - before_bytes


async def test_the_return_to_many_large_topics_is_bounded_in_memory(settings: Settings) -> None:
    patient = {"REALTIME_PUBLISH_DEADLINE_SECONDS": "60"}
    lifted = {
        **patient,
        "REALTIME_RECOVERY_HELLO_MAX_BYTES": UNLIMITED,
        "REALTIME_OUTBOUND_MAX_BYTES": UNLIMITED,
    }
    async with (
        nodes(1, settings.redis.url, **patient) as [node],
        nodes(1, settings.redis.url, **lifted) as [twin],
    ):
        wishes = await fill(settings)
        recovered, grown_bytes = await return_of(node, wishes)
        of_twin, grown_of_twin_bytes = await return_of(twin, wishes)

    print(
        f"{recovered} recovered: {grown_bytes / MIB:.1f} MiB;"
        f" without the limit {of_twin}: {grown_of_twin_bytes / MIB:.1f} MiB"
    )
    assert recovered == 1
    assert grown_bytes < GROWTH_MAX_BYTES
    assert of_twin > TOPICS // 2  # the rest are told of a gap: a busy node reads them too late
    assert grown_of_twin_bytes > 64 * MIB
