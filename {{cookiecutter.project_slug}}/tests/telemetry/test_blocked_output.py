"""Nobody reads the log: every request is answered, and what was not written is counted (F24)."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests import programs

REQUESTS = 300
STUCK_SECONDS = 1.0
ANSWER = b"done"


@asynccontextmanager
async def blocked(mode: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yields a connection to a program whose standard output is a pipe that nobody reads."""
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.telemetry.blocked_program", mode),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        cwd=programs.ROOT,
        env={"PYTHONPATH": "src:.", "PATH": os.environ["PATH"]},
    )
    os.close(writing)
    try:
        assert process.stderr
        async with asyncio.timeout(programs.PATIENCE_SECONDS):
            port = int(await process.stderr.readline())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield reader, writer
        writer.close()
    finally:
        process.kill()
        await process.wait()
        os.close(reading)


def ask(writer: asyncio.StreamWriter, path: str = "/") -> None:
    """Asks without waiting for an answer."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Returns the body of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    return await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))


@pytest.mark.slow
async def test_every_request_is_answered_and_what_is_lost_is_counted() -> None:
    async with blocked("ours") as (reader, writer), asyncio.timeout(programs.PATIENCE_SECONDS):
        for _ in range(REQUESTS):
            ask(writer)
        answers = [await answer(reader) for _ in range(REQUESTS)]
        ask(writer, "/dropped")
        dropped = int(await answer(reader))

    assert answers == [ANSWER] * REQUESTS
    assert dropped > 0


@pytest.mark.slow
async def test_a_service_that_prints_stops_altogether() -> None:
    answered = 1
    async with blocked("print") as (reader, writer):
        for _ in range(REQUESTS):
            ask(writer)
        await asyncio.wait_for(answer(reader), programs.PATIENCE_SECONDS)  # it works, at first
        try:
            while answered < REQUESTS:
                async with asyncio.timeout(STUCK_SECONDS):
                    await answer(reader)
                answered += 1
        except TimeoutError:
            writer.transport.abort()

    assert answered < REQUESTS / 2
