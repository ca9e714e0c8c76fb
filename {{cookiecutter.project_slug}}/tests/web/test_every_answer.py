"""What every answer of the whole service carries, whoever gives it."""

from collections.abc import Iterable

import httpx
import pytest
from quart import Quart
from quart.testing import QuartClient as Client

from app.settings import Settings
from app.web.headers import ALWAYS
from app.web.headers import OVER_TLS
from app.web.headers import security_headers
from tests.people import Person
from tests.web.raw_answers import UPGRADE
from tests.web.raw_answers import ask
from tests.web.walking import every_call

NAMES = {name.lower() for name in ALWAYS}
POLICY = ALWAYS["Content-Security-Policy"]


def missing(names: Iterable[str]) -> set[str]:
    """Returns the headers that an answer with these lacks."""
    return NAMES - {name.lower() for name in names}


async def test_every_route_answers_with_them_whoever_calls(app: Quart, ada: Person) -> None:
    anonymous = Client(app)
    lacking: dict[str, set[str]] = {}
    calls = list(every_call(app))
    assert len(calls) > 40

    for call in calls:
        for client in (anonymous, ada.client):
            answer = await client.open(call.address, method=call.method)
            if lost := missing(answer.headers.keys()):
                lacking[f"{call} -> {answer.status_code}"] = lost
            assert "unsafe-" not in answer.headers["Content-Security-Policy"]
            assert "Server" not in answer.headers
            assert "X-Powered-By" not in answer.headers

    assert lacking == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no/such/route", 404),
        ("DELETE", "/", 405),
        ("GET", "/static/web/tokens.css", 200),
        ("GET", "/static/web/none.css", 404),
        ("POST", "/api/v1/realtime/tickets", 401),
        ("GET", "/realtime/events?topic=room:7", 401),
        ("POST", "/realtime/events", 405),
        ("GET", "/realtime/commands", 405),
        ("POST", "/realtime/commands", 415),
    ],
)
async def test_what_is_refused_carries_them_too(
    client: Client, method: str, path: str, status: int
) -> None:
    answer = await client.open(path, method=method)

    assert answer.status_code == status
    assert missing(answer.headers.keys()) == set()
    if answer.mimetype == "application/problem+json":
        problem = await answer.get_json(force=True)
        assert problem["instance"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Host": "elsewhere.example"}, 400),
    ],
)
async def test_an_upgrade_and_a_refused_handshake_carry_them(
    live_server: str, settings: Settings, ada: Person, headers: dict[str, str], status: int
) -> None:
    host = live_server.removeprefix("http://")
    sent = {"Host": host, "Origin": live_server, "Cookie": ada.cookie, **UPGRADE, **headers}

    answer = await ask(settings.server.port, "GET", "/realtime/socket", list(sent.items()))

    assert answer.status == status
    assert missing(answer.headers) == set()


async def test_a_stream_carries_them(live_server: str, ada: Person) -> None:
    url = f"{live_server}/realtime/events?topic=room:7"
    async with (
        httpx.AsyncClient(headers={"Cookie": ada.cookie}, timeout=60) as client,
        client.stream("GET", url) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert missing(answer.headers) == set()


def test_over_tls_browsers_are_told_to_stay_there_for_a_year_at_least() -> None:
    told = security_headers(secure=True)[b"strict-transport-security"].decode()

    assert int(told.partition("max-age=")[2].partition(";")[0]) >= 365 * 24 * 3600
    assert "includeSubDomains" in told
    assert b"strict-transport-security" not in security_headers(secure=False)
    assert set(OVER_TLS) == {"Strict-Transport-Security"}


def test_the_policy_admits_nothing_inline_and_nothing_from_elsewhere() -> None:
    sources = dict(part.split(" ", 1) for part in POLICY.split("; "))

    assert sources["default-src"] == sources["base-uri"] == "'none'"
    assert sources["script-src"] == sources["style-src"] == "'self'"
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert "http" not in POLICY


async def test_stock_quart_sends_none_of_them() -> None:
    stock = Quart("stock")

    answer = await stock.test_client().get("/nothing")

    assert missing(answer.headers.keys()) == NAMES
