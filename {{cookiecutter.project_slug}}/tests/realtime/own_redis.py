"""A Redis server of one test's own, to be killed, stopped and emptied; and a deaf wire to it."""

import asyncio
import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis.asyncio import Redis

from app.embedded import binaries
from app.settings import RealtimeSettings
from app.settings import RedisSettings
from tests.servers import redis_client

# Redis itself is tried too where it is installed, with the slow tests: it must work from 7.0 on.
PROGRAMS = [
    pytest.param(str(binaries.find_valkey()), id="valkey"),
    *(
        pytest.param(found, id="redis", marks=pytest.mark.slow)
        for found in [shutil.which("redis-server")]
        if found
    ),
]

# Whoever is not at fault has all the time there is: machines may be slow.
PERIODS = RealtimeSettings.model_construct(
    publish_deadline_seconds=60.0,
    probe_seconds=60.0,
    unsubscribe_delay_seconds=0.02,
    node_lease_seconds=60.0,
    node_beat_seconds=0.1,
    presence_linger_seconds=0.1,
    presence_members=10,
)
# For servers that give no answer.
HASTY = PERIODS.model_copy(update={"publish_deadline_seconds": 1.0})


class OwnRedis:
    """One server on a Unix socket; ``port`` opens it on the loopback interface as well."""

    def __init__(
        self, program: str, folder: Path, *, port: int = 0, options: Sequence[str] = ()
    ) -> None:
        self._command = [
            program,
            *("--port", str(port), "--bind", "127.0.0.1"),
            *("--unixsocket", str(folder / "redis.sock")),
            *("--dir", str(folder), "--save", "", "--appendonly", "no"),
            *("--repl-diskless-sync-delay", "0"),
            *options,
        ]
        self.port = port
        self.socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    @property
    def address(self) -> str:
        """The address by TCP, for a server that has a port."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def settings(self) -> RedisSettings:
        return RedisSettings.model_construct(url=self.url, connect_seconds=30.0)

    async def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        async with asyncio.timeout(60):
            while not await self._answers():  # noqa: ASYNC110 - the server tells no event
                await asyncio.sleep(0.01)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        return redis_client(self.url)

    async def _answers(self) -> bool:
        with contextlib.suppress(Exception):
            async with self.client() as client:
                return bool(await client.ping())
        return False


@contextlib.contextmanager
def own_redis(program: str, *, port: int = 0, options: Sequence[str] = ()) -> Iterator[OwnRedis]:
    """Yields a server that is not started yet, and ends it."""
    with TemporaryDirectory(prefix="rds") as folder:
        server = OwnRedis(program, Path(folder), port=port, options=options)
        try:
            yield server
        finally:
            server.kill()


class DeafWire:
    """A way to a server on which subscribers can be made to hear nothing, without an error."""

    def __init__(self, server: OwnRedis) -> None:
        self._server = server
        self._subscribers: set[asyncio.StreamWriter] = set()
        self._deaf: set[asyncio.StreamWriter] = set()
        self._ends: list[asyncio.StreamWriter] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self.path = server.socket.with_name("wire.sock")

    @property
    def settings(self) -> RedisSettings:
        url = f"unix://{self.path}?db=0"
        return RedisSettings.model_construct(url=url, connect_seconds=30.0)

    def deafen(self) -> None:
        """Swallows from now on what the server sends on the subscriber connections there are."""
        assert self._subscribers
        self._deaf |= self._subscribers

    async def __aenter__(self) -> "DeafWire":
        self._listener = await asyncio.start_unix_server(self._accept, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for end in self._ends:
            end.close()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for end in self._ends:
            with contextlib.suppress(OSError):
                await end.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.append(writer)
        there, back = await asyncio.open_unix_connection(self._server.socket)
        self._ends.append(back)
        for pump in (self._send(reader, back, writer), self._receive(there, writer)):
            self._pumps.add(asyncio.ensure_future(pump))

    async def _send(
        self,
        reader: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
    ) -> None:
        while data := await reader.read(65_536):
            if b"SUBSCRIBE" in data:
                self._subscribers.add(client)
            back.write(data)
        back.close()

    async def _receive(self, there: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while data := await there.read(65_536):
            if client not in self._deaf:
                client.write(data)
        client.close()
