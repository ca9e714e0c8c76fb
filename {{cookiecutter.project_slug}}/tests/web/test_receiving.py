"""Bodies that go to a disk: whole, or without a trace, even when the disk is full."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from quart import Quart
from quart import request

from app.settings import WebSettings
from app.transport import body_limit
from app.transport import harden
from app.web.problems import install_problems
from app.web.receiving import receive_file
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import KIB
from tests.transport.servers import PIECE
from tests.transport.servers import RawClient
from tests.transport.servers import chunk
from tests.transport.servers import chunked_post
from tests.transport.servers import connected
from tests.transport.servers import until
from tests.web.full_disks import MIB
from tests.web.full_disks import ROOM_BYTES
from tests.web.full_disks import full_disks

SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
# The id of a test says which of the two it ran with: "tmpfs" is there where mounting is permitted.
WAYS = full_disks()
DISKS = pytest.mark.parametrize("disk", WAYS)
LIMIT_BYTES = 8 * MIB


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns where uploads go."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


@pytest.fixture
def app(folder: Path) -> Quart:
    """Returns an application that stores what it gets, and one view that does so naively."""
    app = Quart("receiving", static_folder=None)
    harden(app, WebSettings.model_construct())
    install_problems(app)

    @app.post("/store")
    @body_limit(LIMIT_BYTES)
    async def store() -> dict[str, str]:
        received = await receive_file(request.body, folder)
        return {"name": received.path.name, "sha256": received.sha256}

    @app.post("/naive")
    @body_limit(LIMIT_BYTES)
    async def naive() -> str:
        with (folder / "naive").open("wb") as file:
            async for part in request.body:
                file.write(part)
        return ""

    return app


def files_in(folder: Path) -> list[Path]:
    """Returns what lies in a folder."""
    return list(folder.iterdir())


async def upload(client: RawClient, path: str, size_bytes: int) -> int:
    """Sends a body of this size, and returns the status."""
    await client.send(chunked_post(path))
    try:
        for _ in range(size_bytes // len(PIECE)):
            await client.send(chunk(PIECE))
        await client.send(b"0\r\n\r\n")
    except ConnectionError:
        pass
    return await client.status()


@SERVERS
async def test_an_upload_is_stored_whole_under_a_name_of_ours(
    app: Quart, folder: Path, server: str
) -> None:
    async with served(app, settings_of(server)) as port, connected(port) as client:
        assert await upload(client, "/store", 3 * MIB) == 200

    (stored,) = files_in(folder)
    expected = hashlib.sha256(PIECE * (3 * MIB // len(PIECE))).hexdigest()
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == expected
    assert len(stored.name) == 32


@SERVERS
@DISKS
async def test_a_full_disk_is_507_without_a_trace_and_the_next_upload_works(
    app: Quart, folder: Path, server: str, disk: str
) -> None:
    async with served(app, settings_of(server)) as port:
        with WAYS[disk](folder):
            async with connected(port) as client:
                status = await upload(client, "/store", 2 * ROOM_BYTES)
            left_behind = files_in(folder)
            async with connected(port) as client:
                small = await upload(client, "/store", 64 * KIB)
        async with connected(port) as client:
            after = await upload(client, "/store", ROOM_BYTES)

    assert status == 507
    assert left_behind == []
    assert small == 200
    assert after == 200


@DISKS
async def test_a_naive_view_fails_with_500_and_leaves_half_a_file(
    app: Quart, folder: Path, disk: str
) -> None:
    async with served(app, settings_of("hypercorn")) as port, connected(port) as client:
        with WAYS[disk](folder):
            status = await upload(client, "/naive", 2 * ROOM_BYTES)
            left_bytes = (folder / "naive").stat().st_size

    assert status == 500
    assert left_bytes == ROOM_BYTES


@SERVERS
async def test_a_body_over_the_limit_is_413_without_a_trace(
    app: Quart, folder: Path, server: str
) -> None:
    async with served(app, settings_of(server)) as port, connected(port) as client:
        status = await upload(client, "/store", LIMIT_BYTES + len(PIECE))

    assert status == 413
    assert files_in(folder) == []


@SERVERS
async def test_a_client_that_leaves_in_the_middle_leaves_no_file(
    app: Quart, folder: Path, server: str
) -> None:
    async with served(app, settings_of(server)) as port:
        async with connected(port) as client:
            await client.send(chunked_post("/store"))
            for _ in range(64):
                await client.send(chunk(PIECE))
            await until(lambda: len(files_in(folder)) == 1)
        await until(lambda: files_in(folder) == [])


@pytest.mark.slow
@SERVERS
async def test_twenty_uploads_at_once_arrive_whole(app: Quart, folder: Path, server: str) -> None:
    async def one(port: int) -> int:
        async with connected(port) as client:
            return await upload(client, "/store", 2 * MIB)

    async with served(app, settings_of(server)) as port:
        statuses = await asyncio.gather(*(one(port) for _ in range(20)))

    assert statuses == [200] * 20
    assert [path.stat().st_size for path in files_in(folder)] == [2 * MIB] * 20
