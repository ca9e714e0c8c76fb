"""A service with room for a few, and a crowd that asks again before it was answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from app.settings import RedisSettings
from app.settings import Settings
from app.settings import WebSettings
from app.web.edge import at_the_edge
from app.web.meters import WebMeters

PLACES = 4
WORK_SECONDS = 0.02
CAPACITY_PER_SECOND = PLACES / WORK_SECONDS
CATCH_UP_SECONDS = 0.05


def settings_of(**web: Any) -> Settings:
    """Returns settings of a service that answers ``PLACES`` requests at once."""
    chosen = {"requests_at_once": PLACES, "requests_wait_seconds": WORK_SECONDS, **web}
    return Settings.model_construct(
        web=WebSettings.model_construct(**chosen), redis=RedisSettings.model_construct(url="")
    )


class Workshop:
    """Answers after some work in one of ``PLACES`` places, as a pool of connections gives."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PLACES)
        self.most_at_once = self._at_once = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            async with self._places:
                await asyncio.sleep(WORK_SECONDS)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})
        finally:
            self._at_once -= 1


@dataclass(slots=True)
class Outcome:
    """What became of a crowd: how many got which status, and how long the served ones waited."""

    statuses: Counter[int] = field(default_factory=Counter)
    served_seconds: list[float] = field(default_factory=list)
    refused_headers: list[dict[bytes, bytes]] = field(default_factory=list)

    @property
    def slowest_served(self) -> float:
        """The 99th percentile of the served ones."""
        ordered = sorted(self.served_seconds)
        return ordered[int(len(ordered) * 0.99)]


def edge(workshop: Workshop, **web: Any) -> tuple[Any, WebMeters]:
    """Returns a workshop behind the edge, and what is counted there."""
    meters = WebMeters()
    return at_the_edge(workshop, settings_of(**web), meters), meters


async def call(application: Any, path: str = "/work", *headers: tuple[bytes, bytes]) -> Any:
    """Calls once; returns the first message of the answer."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    requests = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        return requests.pop() if requests else await asyncio.Future()

    scope = {
        "type": "http",
        "http_version": "1.1",
        "query_string": b"",
        "raw_path": path.encode(),
        "root_path": "",
        "method": "GET",
        "path": path,
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"localhost"), *headers],
    }
    await application(scope, receive, send)
    return sent[0]


async def crowd(application: Any, *, per_second: float, seconds: float) -> Outcome:
    """Calls so often whether or not answers have come; returns what became of all.

    What was not asked while the machine stood still is not asked at once afterwards.
    """
    outcome = Outcome()

    async def one() -> None:
        begun = time.perf_counter()
        answer = await call(application)
        outcome.statuses[answer["status"]] += 1
        if answer["status"] == 200:
            outcome.served_seconds.append(time.perf_counter() - begun)
        else:
            outcome.refused_headers.append(dict(answer["headers"]))

    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, start + number / per_second - loop.time()))
            start = max(start, loop.time() - number / per_second - CATCH_UP_SECONDS)
            tasks.create_task(one())
    return outcome
