"""CPU time of a server per delivered message, contestants in turn, the best round of each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contestants import Contestant

WARM_UP_MESSAGES = 30
CALM_SECONDS = 0.05


@dataclass(frozen=True)
class Cost:
    """What one contestant took for one delivery, in the best of its rounds and in the middle one."""

    name: str
    burst: int
    cpu_us: float
    median_cpu_us: float
    deliveries_per_wall_second: float

    @property
    def deliveries_per_core_second(self) -> float:
        """How many deliveries a core manages that does nothing else."""
        return 1e6 / self.cpu_us


def compare(contestants: Sequence[Contestant], *, burst: int, rounds: int, messages: int) -> list[Cost]:
    """Returns the cost of each contestant for bursts of ``burst`` messages, ``messages`` in each round."""
    for contestant in contestants:
        _send(contestant, burst, WARM_UP_MESSAGES)
    samples: list[list[tuple[float, float]]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, found in zip(contestants, samples, strict=True):
            found.append(_round(contestant, burst, messages))
    return [_cost(contestant.name, burst, found) for contestant, found in zip(contestants, samples, strict=True)]


def _cost(name: str, burst: int, samples: list[tuple[float, float]]) -> Cost:
    cpu = sorted(cpu for cpu, _ in samples)
    return Cost(name, burst, cpu[0], cpu[len(cpu) // 2], 1e6 / min(wall for _, wall in samples))


def _round(contestant: Contestant, burst: int, messages: int) -> tuple[float, float]:
    time.sleep(CALM_SECONDS)  # lets the last round's time be booked; no condition tells of that
    cpu, began = contestant.server.cpu_seconds, time.monotonic()
    sent = _send(contestant, burst, messages)
    wall = time.monotonic() - began
    time.sleep(CALM_SECONDS)
    deliveries = sent * len(contestant.crowd)
    return (contestant.server.cpu_seconds - cpu) / deliveries * 1e6, wall / deliveries * 1e6


def _send(contestant: Contestant, burst: int, messages: int) -> int:
    # One burst is on its way at a time: the next one leaves when everybody has this one.
    for _ in range(-(-messages // burst)):
        contestant.server.send(burst)
        contestant.crowd.count(burst * len(contestant.crowd))
    return -(-messages // burst) * burst
