"""Clients of every kind that come, do something and go again, well-behaved or not."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import suppress

import httpx

from app.realtime.client import Credentials
from app.realtime.client import Listener
from app.realtime.client import RealtimeClient
from app.realtime.client import RealtimeError
from tests.raw_clients import RawSocket
from tests.raw_clients import RawStream

ROOMS = 40
STAY_MAX_SECONDS = 2.0
PAUSE_MAX_SECONDS = 0.5
ANSWER_SECONDS = 60.0
TROUBLES = (OSError, EOFError, RealtimeError, httpx.NetworkError, httpx.RemoteProtocolError)
PAGES = ("/", "/sign-in", "/livez", "/readyz", "/no-such-page", "/api/v1/accounts/me")
AT_ONCE = {"socket": 12, "stream": 4, "client": 3, "request": 3, "event": 2, "job": 2, "guest": 1}


class Churn:
    """Everybody at once; ``cookies`` are of people who are signed in.

    ``counts`` tells how often each kind came, ``faults`` of answers that no server may give,
    ``troubles`` of visits that were cut short, as a machine with no time to spare may do.
    """

    def __init__(self, url: str, cookies: Sequence[str], *, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self._url = url
        self._port = httpx.URL(url).port or 0
        self._cookies = cookies
        self._chance = random.Random(seed)
        self._visits: dict[str, Callable[[], Awaitable[None]]] = {
            "socket": self._socket,
            "stream": self._stream,
            "client": self._client,
            "request": self._request,
            "event": lambda: self._post("events"),
            "job": lambda: self._post("jobs"),
            "guest": self._guest,
        }

    async def run(self, *, seconds: float) -> None:
        """Comes and goes for so long."""
        end_at = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for kind, count in AT_ONCE.items():
                for _ in range(count):
                    group.create_task(self._again_and_again(kind, end_at), name=kind)

    async def _again_and_again(self, kind: str, end_at: float) -> None:
        while time.monotonic() < end_at:
            try:
                await self._visits[kind]()
                self.counts[kind] += 1
            except TROUBLES as trouble:
                self.troubles[f"{kind}: {type(trouble).__name__}"] += 1
            except httpx.TimeoutException:
                self.faults[f"{kind}: no answer in {ANSWER_SECONDS:.0f} s"] += 1
            await asyncio.sleep(self._chance.uniform(0, PAUSE_MAX_SECONDS))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._chance.choice(self._cookies), "Origin": self._url}

    @property
    def _room(self) -> str:
        # Some that many share, and one in four that never was and never will be again.
        number = self._chance.randrange(ROOMS)
        return f"room:{number if number % 4 else self._chance.getrandbits(40)}"

    async def _stay(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, STAY_MAX_SECONDS))

    async def _socket(self) -> None:
        client = await RawSocket.connect(self._port, "/realtime/socket", self._headers)
        if self._chance.random() < 0.9:  # one in ten leaves without a word
            client.send(f'{{"type":"hello","id":1,"subscriptions":[{_wish(self._room)}]}}')
            await client.receive()
            client.send(f'{{"type":"subscribe","id":2,{_wish(self._room)[1:]}')
            client.send('{"type":"presence","id":3,"topic":"room:1"}')
            client.send('{"type":"nonsense","id":4}')
            await self._stay()
        client.close()
        await client.gone()

    async def _stream(self) -> None:
        path = f"/realtime/events?topic={self._room}&topic={self._room}"
        stream = await RawStream.connect(self._port, path, self._headers)
        await stream.receive()
        await self._stay()
        stream.close()

    async def _client(self) -> None:
        headers = self._headers
        credentials = Credentials(cookie=headers["Cookie"])
        async with RealtimeClient(self._url, credentials=credentials, origin=self._url) as client:
            topic = client.subscribe(self._room, Listener(), presence=True)
            await client.ready()
            client.signal(topic.name, {"typing": True}, key="t")
            await client.history(topic.name)
            await self._stay()

    async def _request(self) -> None:
        async with self._http(**self._headers) as client:
            for _ in range(4):
                self._note(await client.get(self._chance.choice(PAGES)))

    async def _post(self, what: str) -> None:
        async with self._http(**self._headers) as client:
            self._note(await client.post(f"/soak/{what}/{self._room}"))

    async def _guest(self) -> None:
        """Somebody whom nobody knows, and who says what makes no sense."""
        async with self._http() as client:
            self._note(await client.get("/realtime/events?topic=room:1"))
            self._note(await client.post("/api/v1/accounts/sign-in", content=b"{nonsense"))
        with suppress(ConnectionRefusedError):
            headers = {"Origin": "http://elsewhere.test", "Cookie": "session=made-up"}
            (await RawSocket.connect(self._port, "/realtime/socket", headers)).close()

    def _http(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._url, headers=headers, timeout=ANSWER_SECONDS)

    def _note(self, answer: httpx.Response) -> None:
        if answer.status_code == 503:  # a machine with no time to spare answers so, in order
            self.troubles[f"503 {answer.request.method} {answer.url.path}"] += 1
        elif answer.status_code >= 500:
            self.faults[f"{answer.status_code} {answer.request.method} {answer.url.path}"] += 1


def _wish(topic: str) -> str:
    return json.dumps({"topic": topic, "presence": True}, separators=(",", ":"))
