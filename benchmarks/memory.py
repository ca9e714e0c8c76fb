"""Memory of an idle authenticated connection with two topics: the growth of PSS."""

import time
from dataclasses import dataclass

from benchmarks.contestants import join_sockets
from benchmarks.contestants import start_ours
from benchmarks.people import People

BASE_CONNECTIONS = 200
IDLE_SECONDS = 5.0
TOPICS = ("bench:room-{room}", "bench:person-{person}")


@dataclass(frozen=True)
class Weight:
    """What the connections above the first 200 have added."""

    connections: int
    kib_per_connection: float
    base_mib: float


def weigh(people: People, connections: int, **settings: str) -> Weight:
    """Returns the weight of each connection above the first 200."""
    contestant = start_ours(f"memory {connections}", people, **settings)
    try:
        join_sockets(contestant, people, BASE_CONNECTIONS, TOPICS)
        time.sleep(IDLE_SECONDS)
        base = contestant.server.pss_bytes
        join_sockets(contestant, people, connections - BASE_CONNECTIONS, TOPICS)
        time.sleep(IDLE_SECONDS)  # the specification's own condition
        grown = contestant.server.pss_bytes - base
    finally:
        contestant.stop()
    return Weight(connections, grown / (connections - BASE_CONNECTIONS) / 1024, base / 2**20)
