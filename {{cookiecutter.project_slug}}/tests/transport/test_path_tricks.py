"""Two hundred ways to ask for a file outside of the folder: none of them gets it."""

from itertools import product
from pathlib import Path

import pytest
from quart import Quart
from quart import Response
from quart import send_from_directory

from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import connected
from tests.transport.servers import hypercorn

SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
SENTINEL = b"harbour-master-only"
UPWARDS = (
    *("../", "..\\", "%2e%2e/", "%2e%2e%2f", "..%2f", "..%5c", "%2e%2e%5c", ".%2e/", "..;/"),
    *("%252e%252e/", "%252e%252e%252f", "..%252f", "..%255c", "%c0%ae%c0%ae/", "..%c0%af"),
    *("%u002e%u002e/", "....//", "..././", "./../", "..%00/", "%00../", "..//", "%e0%80%ae./"),
)
DEPTHS = (1, 2, 5, 12)
STARTS = ("/files/", "/files/a/", "/static/")
ABSOLUTE = (
    "//{path}",
    "/files/{path}",
    "/files//{path}",
    "/files/file://{path}",
    "/static//{path}",
)


def variants(secret: Path) -> list[str]:
    """Returns targets; ``secret`` lies beside the folders that are served."""
    climbing = [
        start + up * depth + secret.name for start, up, depth in product(STARTS, UPWARDS, DEPTHS)
    ]
    absolute = [form.format(path=secret) for form in ABSOLUTE]
    odd = [f"http://localhost/files/../{secret.name}", f"/files/a/..%2f..%2f{secret.name}%00.txt"]
    return [*climbing, *absolute, *odd]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Returns a file that is not to be had."""
    (tmp_path / "served" / "a").mkdir(parents=True)
    (tmp_path / "served" / "plain.txt").write_bytes(b"for all")
    secret = tmp_path / "secret.txt"
    secret.write_bytes(SENTINEL)
    return secret


def add_files(app: Quart, secret: Path) -> None:
    """Adds a folder of files, as a view and as a static folder."""
    folder = secret.parent / "served"
    app.static_folder = str(folder)
    app.add_url_rule("/static/<path:filename>", "static", app.send_static_file)

    @app.get("/files/<path:name>")
    async def files(name: str) -> Response:
        return await send_from_directory(folder, name)


async def answers(port: int, targets: list[str]) -> list[tuple[int, bytes]]:
    """Asks for each target on a connection of its own, as it stands."""
    told = []
    for target in targets:
        async with connected(port) as client:
            line = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            await client.send(line.encode())
            answer = await client._reader.read()
            told.append((int(answer.split()[1]), answer))
    return told


@SERVERS
async def test_no_trick_with_a_path_gets_a_file(hardened: Quart, server: str, secret: Path) -> None:
    add_files(hardened, secret)
    targets = variants(secret)

    async with served(hardened, settings_of(server)) as port:
        (status, plain), *_ = await answers(port, ["/files/plain.txt"])
        told = await answers(port, targets)

    assert (status, plain[-7:]) == (200, b"for all")
    assert len(set(targets)) >= 200
    assert [
        target for target, (_, answer) in zip(targets, told, strict=True) if SENTINEL in answer
    ] == []
    assert {status for status, _ in told} <= {308, 400, 404}


async def test_a_view_that_joins_paths_itself_gives_the_file_away(
    hardened: Quart, secret: Path
) -> None:
    folder = secret.parent / "served"

    @hardened.get("/naive/<path:name>")
    async def naive(name: str) -> bytes:
        return (folder / name).read_bytes()

    async with hypercorn(hardened) as port:
        told = await answers(port, [f"/naive/..%2f{secret.name}"])

    assert SENTINEL in told[0][1]
