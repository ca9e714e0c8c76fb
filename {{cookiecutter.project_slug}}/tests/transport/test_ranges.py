"""Parts of files: single, the last bytes, several; never more than the file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from quart import Quart
from quart import Response
from quart import request
from quart import send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.transport.file_body import CHUNK_BYTES
from app.transport.ranges import wanted_spans
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import connected

CONTENT = bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"the end"
SIZE = len(CONTENT)
SERVERS = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
MANY = "bytes=" + ",".join(f"{2 * number}-{2 * number}" for number in range(1_000))


def add_file(app: Quart, folder: Path) -> None:
    """Adds a view that sends a file."""
    path = folder / "film.bin"
    path.write_bytes(CONTENT)

    @app.get("/film")
    async def film() -> Response:
        return await send_file(path, conditional=True)

    @app.get("/data")
    async def data() -> Response:
        response = app.response_class(CONTENT, mimetype="text/plain")
        return await response.make_conditional(request, accept_ranges=True, complete_length=SIZE)


async def asked(app: Quart, header: str | None, path: str = "/film") -> Response:
    """Asks for a part of the file."""
    headers = {"Range": header} if header else {}
    return await app.test_client().get(path, headers=headers)


@pytest.mark.parametrize("path", ["/film", "/data"])
@pytest.mark.parametrize(
    ("header", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        (f"bytes={SIZE - 7}-", SIZE - 7, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes=-{2 * SIZE}", 0, SIZE),
        (f"bytes=5-{SIZE * 9}", 5, SIZE),
        ("BYTES = 1-2", 1, 3),
    ],
)
async def test_a_part_is_sent_as_it_was_asked_for(
    hardened: Quart, tmp_path: Path, path: str, header: str, begin: int, end: int
) -> None:
    add_file(hardened, tmp_path)

    response = await asked(hardened, header, path)

    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{SIZE}"
    assert await response.get_data(as_text=False) == CONTENT[begin:end]


async def test_several_parts_come_in_one_answer(hardened: Quart, tmp_path: Path) -> None:
    add_file(hardened, tmp_path)

    response = await asked(hardened, "bytes=0-4,-7,100-103")
    body: bytes = await response.get_data(as_text=False)

    boundary = str(response.mimetype_params["boundary"]).encode()
    parts = [part.partition(b"\r\n\r\n") for part in body.split(b"\r\n--" + boundary)[1:-1]]
    assert response.status_code == 206
    assert response.mimetype == "multipart/byteranges"
    assert response.content_length == len(body)
    assert [part[2] for part in parts] == [CONTENT[:5], CONTENT[100:104], b"the end"]
    assert f"Content-Range: bytes 100-103/{SIZE}".encode() in parts[1][0]


@pytest.mark.parametrize(
    "header",
    [None, MANY, "bytes=0-9,5-20", "bytes=a-b", "bytes=", "bytes=-", "bytes=9-2", "lines=1-2"],
)
async def test_what_nobody_asks_for_in_earnest_is_answered_with_the_whole(
    hardened: Quart, tmp_path: Path, header: str | None
) -> None:
    add_file(hardened, tmp_path)

    response = await asked(hardened, header)

    assert response.status_code == 200
    assert response.headers["Accept-Ranges"] == "bytes"
    assert await response.get_data(as_text=False) == CONTENT


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE + 1}-{SIZE + 9}"])
async def test_what_lies_behind_the_end_cannot_be_had(
    hardened: Quart, tmp_path: Path, header: str
) -> None:
    add_file(hardened, tmp_path)

    response = await asked(hardened, header)

    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(("header", "status"), [("bytes=-7", 500), ("bytes=0-4,10-14", 416)])
async def test_stock_quart_has_no_last_bytes_and_no_second_part(
    stock: Quart, tmp_path: Path, header: str, status: int
) -> None:
    add_file(stock, tmp_path)

    assert (await asked(stock, header)).status_code == status


EDGES = st.one_of(st.just(""), st.integers(0, 1_200).map(str))


@settings(max_examples=200)
@given(st.lists(st.tuples(EDGES, EDGES), min_size=1, max_size=10))
def test_no_header_gets_more_than_the_file(ranges: list[tuple[str, str]]) -> None:
    header = "bytes=" + ",".join(f"{first}-{last}" for first, last in ranges)
    try:
        spans = wanted_spans(header, 1_000)
    except RequestedRangeNotSatisfiable:
        return
    edges = [edge for span in spans or [] for edge in span]

    assert edges == sorted(edges)  # so no byte is sent twice
    assert all(0 <= edge <= 1_000 for edge in edges)


@SERVERS
async def test_a_file_goes_over_the_wire_whole_and_in_parts(
    hardened: Quart, tmp_path: Path, server: str
) -> None:
    add_file(hardened, tmp_path)
    head = "GET /film HTTP/1.1\r\nHost: localhost\r\n"

    async with served(hardened, settings_of(server)) as port, connected(port) as client:
        await client.send(f"{head}\r\n".encode())
        whole = await client.answer()
        await client.send(f"{head}Range: bytes=-7\r\n\r\n".encode())
        part = await client.answer()

    assert whole == (200, CONTENT)
    assert part == (206, b"the end")
