"""SIGTERM to the whole service with many open connections, as a deployment sends it."""

import asyncio
import json
import signal
import time
from dataclasses import dataclass

import pytest

from app.serving.servers import SERVERS
from app.settings import Settings
from tests.people import Person
from tests.programs import PATIENT
from tests.programs import Program
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running
from tests.raw_clients import RawSocket
from tests.raw_clients import RawStream
from tests.raw_clients import allow_open_files

ON_BOTH_SERVERS = pytest.mark.parametrize("name", sorted(SERVERS))


@dataclass(frozen=True)
class Crowd:
    """Many open connections to one process."""

    sockets: list[RawSocket]
    streams: list[RawStream]

    async def end(self) -> tuple[set[int], set[bool]]:
        """Waits until all have ended; returns the close codes, and whether streams ended well."""
        codes = asyncio.gather(*(one.close_code() for one in self.sockets))
        ends = asyncio.gather(*(one.ends_in_order() for one in self.streams))
        return set(await codes), set(await ends)


async def open_crowd(settings: Settings, person: Person, *, sockets: int, streams: int) -> Crowd:
    """Opens and greets sockets and streams, all of one person."""
    headers = {"Cookie": person.cookie, "Origin": settings.public_url}
    port = settings.server.port
    opened = []
    for _ in range(sockets):
        client = await RawSocket.connect(port, "/realtime/socket", headers)
        client.send(json.dumps({"type": "hello", "id": 1, "client": "test"}))
        assert '"result"' in await client.receive()
        opened.append(client)
    # Nobody declares the topic, so that this needs no feature: the stream stays open all the same.
    path = "/realtime/events?topic=nothing:1"
    followed = [await RawStream.connect(port, path, headers) for _ in range(streams)]
    for stream in followed:
        assert "nothing:1" in await stream.receive()
    return Crowd(opened, followed)


async def stop(program: Program, crowd: Crowd) -> tuple[set[int], set[bool], int, float]:
    """Sends SIGTERM; returns how the connections ended, the exit code and the seconds taken."""
    began = time.monotonic()
    program.send(signal.SIGTERM)
    codes, ends = await crowd.end()
    code = await program.ended()
    return codes, ends, code, time.monotonic() - began


@ON_BOTH_SERVERS
async def test_sigterm_closes_sockets_for_a_restart_and_streams_in_order(
    name: str, settings: Settings, ada: Person
) -> None:
    quick = environment_of(settings, **PATIENT, REALTIME_DRAIN_WINDOW_SECONDS="0.3")
    async with running("app", "serve", "--server", name, environment=quick) as program:
        await program.says("serving")
        crowd = await open_crowd(settings, ada, sockets=8, streams=4)

        codes, ends, code, _ = await stop(program, crowd)

    assert codes == {1012}
    assert ends == {True}
    assert code == 0, program.output


@pytest.mark.slow
@ON_BOTH_SERVERS
async def test_sigterm_with_hundreds_of_connections_ends_them_all_in_order(
    name: str, settings: Settings, ada: Person
) -> None:
    allow_open_files(1024)
    many = environment_of(settings, **PATIENT, REALTIME_CONNECTIONS_PER_USER="1000")
    async with running("app", "serve", "--server", name, environment=many) as program:
        await program.says("serving")
        crowd = await open_crowd(settings, ada, sockets=200, streams=50)

        codes, ends, code, seconds = await stop(program, crowd)

    assert codes == {1012}
    assert ends == {True}
    assert code == 0, program.output
    print(f"{name}: 200 sockets and 50 streams ended after {seconds:.1f} s")


@pytest.mark.slow
@ON_BOTH_SERVERS
async def test_while_it_drains_the_service_is_not_ready_and_takes_no_new_sockets(
    name: str, settings: Settings, ada: Person
) -> None:
    environment = environment_of(settings, **PATIENT)
    async with running("app", "serve", "--server", name, environment=environment) as program:
        await program.says("serving")
        await answers(f"{settings.public_url}/readyz", status=200)
        crowd = await open_crowd(settings, ada, sockets=4, streams=0)

        program.send(signal.SIGTERM)
        readiness = await answers(f"{settings.public_url}/readyz", status=503)
        with pytest.raises(ConnectionRefusedError):
            await open_crowd(settings, ada, sockets=1, streams=0)
        codes, _ = await crowd.end()
        code = await program.ended()

    assert readiness.json()["status"] == "draining"
    assert codes == {1012}
    assert code == 0
