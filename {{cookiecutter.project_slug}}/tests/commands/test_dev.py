"""``app dev``: what it prints, that it serves, and that nothing of it stays."""

import asyncio
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest

from app.embedded.place import OUT_OF_THE_WAY
from tests.ports import free_port
from tests.programs import Program
from tests.programs import eventually
from tests.programs import processes_of
from tests.programs import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

GONE_SECONDS = 120.0
LINES_BEFORE = 3
LETTER_SECONDS = 120.0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Yields a folder for the servers, which are gone in the end with all that they kept."""
    path = tmp_path / "run"
    yield path
    for name in path.glob("*/data-name"):
        shutil.rmtree(OUT_OF_THE_WAY / name.read_text())


def all_of(folder: Path) -> set[int]:
    """Returns all processes of one ``app dev``; as root its data may lie somewhere else."""
    places = [folder, *(Path(name.read_text()) for name in folder.glob("*/data-name"))]
    return set().union(*map(processes_of, places))


@asynccontextmanager
async def dev(folder: Path) -> AsyncIterator[tuple[Program, httpx.AsyncClient]]:
    """Runs ``app dev``; yields the program and a client with its origin."""
    options = ("--folder", str(folder), "--port", str(free_port()), "--no-reload")
    async with running("app", "dev", *options) as program:
        url = await program.says("http://127.0.0.1:")
        headers = {"Origin": url}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
            yield program, client


LOGIN = {"email": "new@example.com", "password": "correct horse battery"}
NEWCOMER = {"name": "New", **LOGIN}


async def join(client: httpx.AsyncClient) -> None:
    """Joins as a newcomer does: by the form, the mailbox, and the link in the letter."""
    asked = await client.post("/sign-up", data=NEWCOMER)
    mailbox = re.search(r'href="(/dev/mail[^"]*)"', asked.text)
    assert mailbox, asked.text
    async with asyncio.timeout(LETTER_SECONDS):
        while not (found := re.search(r"/dev/mail/[\w-]+", await text_of(client, mailbox[1]))):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    letter = await text_of(client, found[0])
    token = re.search(r"token=([\w-]+)", letter)
    assert token, letter
    body = {"token": token[1], "password": LOGIN["password"]}
    joined = await client.post("/api/v1/accounts/sign-up/confirm", json=body)
    assert joined.status_code == 201, joined.text


async def text_of(client: httpx.AsyncClient, path: str) -> str:
    """Returns a page."""
    return (await client.get(unescape(path))).text


async def test_after_kill_9_nothing_is_left_and_the_next_start_has_the_data(folder: Path) -> None:
    async with dev(folder) as (program, client):
        await join(client)
        assert len(all_of(folder)) > 5

        program.send(signal.SIGKILL)
        await program.ended()
        gone = await eventually(lambda: not all_of(folder), within_seconds=GONE_SECONDS)
    async with dev(folder) as (program, client):
        known = await client.post("/api/v1/accounts/sign-in", json=LOGIN)
        program.send(signal.SIGTERM)
        code = await program.ended()

    assert gone
    assert known.status_code == 200, known.text
    assert code == 0
    assert not all_of(folder)


async def test_the_address_and_the_login_come_first_and_ctrl_c_stops_everything(
    folder: Path,
) -> None:
    async with dev(folder) as (program, client):
        page = await client.get("/")
        assert len(all_of(folder)) > 5

        program.send(signal.SIGINT)
        code = await program.ended()

    assert program.lines[0].startswith("starting PostgreSQL and Valkey in ")
    # What starts beside the service may log a line before it serves.
    first = next(n for n, line in enumerate(program.lines) if line.startswith("http://127.0.0.1:"))
    assert first <= LINES_BEFORE
    assert program.lines[first + 1] == "demo login: ada@example.com harbour-lights"
    assert program.lines[first + 2].endswith("/dev/mail")
    assert page.status_code == 200
    assert code == 0
    assert not all_of(folder)
    assert "Traceback" not in program.output
