"""What the servers say by themselves tells browsers to be careful, as every other answer does."""

import re

import hypercorn.protocol
import pytest
from quart import Quart

from app.transport import hypercorn_protocol
from app.transport.calm_http2 import CalmH2
from app.web.headers import ALWAYS
from tests.transport.heads import AMBIGUOUS
from tests.transport.heads import FLOODS
from tests.transport.heads import HOST
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import RawClient
from tests.transport.servers import connected
from tests.transport.servers import get
from tests.transport.servers import hypercorn as hypercorn_server
from tests.transport.test_calm_http2 import connected as http2

UPGRADE = b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
REFUSED = {
    "two lengths": AMBIGUOUS["two lengths"],
    "a NUL": AMBIGUOUS["a NUL"],
    "another version": AMBIGUOUS["another version"],
    "an unknown coding": AMBIGUOUS["an unknown coding"],
    "a target of 20 KiB": FLOODS["a target of 20 KiB"],
    "2,000 headers": FLOODS["2,000 headers"],
    "a handshake without a key": UPGRADE + b"Sec-WebSocket-Version: 13\r\n\r\n",
    "a handshake of another version": (
        UPGRADE + b"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n\r\n"
    ),
}
REFUSED_UPGRADE = (
    UPGRADE + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n\r\n"
)
NAMES = {name.lower() for name in ALWAYS}


async def head(port: int, data: bytes) -> tuple[int, list[str]]:
    """Sends ``data``; returns the status of the first answer and the names of its headers."""
    async with connected(port) as client:
        await client.send(data)
        return await read_head(client)


async def read_head(client: RawClient) -> tuple[int, list[str]]:
    lines = (await client.head()).decode("latin-1").split("\r\n")
    names = [line.partition(":")[0].lower() for line in lines[1:] if line]
    return int(lines[0].split()[1]), names


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
async def test_what_a_server_refuses_carries_the_headers_of_every_answer(
    hardened: Quart, server: str
) -> None:
    async with served(hardened, settings_of(server)) as port:
        told = {name: await head(port, data) for name, data in REFUSED.items()}

    assert {status for status, _ in told.values()} <= {400, 414, 426, 431, 501, 505}
    assert {name: NAMES - {*names} for name, (_, names) in told.items()} == {
        name: set() for name in REFUSED
    }
    assert [name for name, (_, names) in told.items() if len(names) != len({*names})] == []


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
async def test_so_does_the_refusal_of_one_connection_too_many(hardened: Quart, server: str) -> None:
    plain = settings_of(server)
    one = plain.server.model_copy(update={"connections": 1, "connections_per_address": 1})
    realtime = plain.realtime.model_copy(
        update={"connections_per_process": 1, "connections_per_address": 1}
    )
    settings = plain.model_copy(update={"server": one, "realtime": realtime})

    async with served(hardened, settings) as port, connected(port) as first:
        await first.send(get("/none"))
        await first.answer()
        async with connected(port) as second:
            status, names = await read_head(second)

    assert status == 503
    assert {*names} >= NAMES
    assert "retry-after" in names


@pytest.fixture
def broken() -> Quart:
    """Returns an application that fails before Quart has a say."""
    app = Quart("broken", static_folder=None)

    async def fail(*_: object) -> None:
        raise RuntimeError("a bug outside of any view")

    app.asgi_app = fail  # type: ignore[assignment]
    return app


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
@pytest.mark.parametrize("data", [get("/none"), REFUSED_UPGRADE], ids=["request", "handshake"])
async def test_so_does_the_answer_for_an_application_that_has_failed(
    broken: Quart, server: str, data: bytes
) -> None:
    async with served(broken, settings_of(server)) as port:
        status, names = await head(port, data)

    assert status == 500
    assert {*names} >= NAMES
    assert len(names) == len({*names})


async def test_so_do_those_of_http_2(broken: Quart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypercorn.protocol, "H11Protocol", CalmH2)  # so that it is undone
    monkeypatch.setattr(hypercorn_protocol, "SingleProtocol", CalmH2)

    async with served(broken, settings_of("hypercorn")) as port, http2(port) as client:
        await client.ask()
        await client.read_on()

    assert client.told[":status"] == "500"
    assert {*client.told} >= NAMES


async def test_a_server_alone_says_the_bare_minimum(stock: Quart) -> None:
    async with hypercorn_server(stock) as port, connected(port) as client:
        await client.send(AMBIGUOUS["a NUL"])
        answer = (await client.head()).decode()

    assert not NAMES & {*re.findall(r"^([a-z-]+):", answer.lower(), re.MULTILINE)}
