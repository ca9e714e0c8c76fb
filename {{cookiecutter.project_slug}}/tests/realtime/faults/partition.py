"""A client that vanishes without a word, in a network of its own: F17 at its true deadlines.

    unshare --net python -m tests.realtime.faults.partition redis_url

One node and Quart on Hypercorn as they come, each with a client whose packets are dropped from one
moment on, both ways. Prints one JSON object: after how many seconds the node had let go of its
client, after how many the others saw it leave, and whether the stock server still held its own.
"""

import asyncio
import json
import subprocess
import sys
import time

from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.protocol.messages import SUBPROTOCOL
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.nodes import ORIGIN
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.steps import following
from tests.realtime.faults.steps import sees
from tests.serving.test_processes import peers_of
from tests.sockets import connect
from tests.stock_service import stock_service

GONE_SECONDS = 120.0
TOPIC = "room:partition"


def run(*command: str) -> None:
    """Runs a command of the system."""
    subprocess.run(command, check=True, capture_output=True)


def cut_off(connection: ClientConnection) -> int:
    """Has the network drop whatever the client sends and is sent; returns its port."""
    port = connection.local_address[1]
    for option in ("--sport", "--dport"):
        run("iptables", "-A", "INPUT", "-p", "tcp", option, str(port), "-j", "DROP")
    return int(port)


async def follow(port: int, name: str) -> ClientConnection:
    """Connects and greets as somebody who answers pings until they are cut off."""
    connection = await connect(
        f"ws://127.0.0.1:{port}/realtime/socket",
        origin=Origin(ORIGIN),
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers={"Cookie": f"session={name}"},
        compression=None,
        ping_interval=None,
    )
    wish = {"topic": TOPIC, "presence": True}
    await connection.send(json.dumps({"type": "hello", "id": 1, "subscriptions": [wish]}))
    await connection.recv()
    return connection


async def partition(redis_url: str) -> dict[str, float | bool]:
    """Cuts both clients off and waits until the node has noticed."""
    run("ip", "link", "set", "lo", "up")
    linger = {"REALTIME_PRESENCE_LINGER_SECONDS": "0"}
    async with nodes(1, redis_url, **linger) as [node], stock_service() as stock:
        stayer = Follower("stayer", TOPIC, lambda: node.port)
        async with following(stayer):
            held = await follow(stock.port, "held")
            lost = await follow(node.port, "lost")
            await sees(lambda: "lost" in stayer.present)
            cut_off(held)
            port, cut_at = cut_off(lost), time.monotonic()
            await sees(lambda: port not in peers_of(node.pid), within_seconds=GONE_SECONDS)
            socket_seconds = time.monotonic() - cut_at
            await sees(lambda: "lost" not in stayer.present, within_seconds=GONE_SECONDS)
            presence_seconds = time.monotonic() - cut_at
            is_held = held.local_address[1] in peers_of(stock.program.process.pid)
            for connection in (held, lost):
                connection.transport.abort()
    return {"socket": socket_seconds, "presence": presence_seconds, "stock_holds": is_held}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(partition(sys.argv[1]))))
