"""Who may come in, from where and with what: every combination, against the live endpoints.

A page of another site must not act with its visitor's cookie; programs have no origin and bring
no cookie. Every refusal is made before anything is done.
"""

from itertools import product

import httpx
import pytest

from tests.abuse.attacker import connected
from tests.abuse.attacker import handshake
from tests.abuse.victim import Victim
from tests.look_alikes import look_alikes
from tests.realtime.rig import ORIGIN
from tests.stock_service import Stock

ORIGINS = {
    "none": None,
    "ours": ORIGIN,
    "foreign": "http://evil.test",
    "null": "null",
    "ours and more": f"{ORIGIN}.evil.test",
}
COOKIES = {"no cookie": None, "cookie": "session=ada"}
SITES = {
    "no site": None,
    "same-origin": "same-origin",
    "same-site": "same-site",
    "cross-site": "cross-site",
    "typed": "none",
}
BEARERS = {"no token": None, "token": "Bearer unknown"}
ALL = list(product(ORIGINS, COOKIES, SITES, BEARERS))
COMMAND = {"type": "presence", "id": 1, "topic": "room:7"}


def headers_of(origin: str, cookie: str, site: str, bearer: str) -> dict[str, str]:
    """Returns the headers of one combination."""
    named = {
        "Origin": ORIGINS[origin],
        "Cookie": COOKIES[cookie],
        "Sec-Fetch-Site": SITES[site],
        "Authorization": BEARERS[bearer],
    }
    return {name: value for name, value in named.items() if value is not None}


def is_foreign(origin: str, cookie: str, site: str, *, is_stream: bool) -> bool:
    """Says what ought to be refused with 403, in the words of the specification."""
    if origin != "none":
        return origin != "ours"
    if is_stream:
        return cookie == "cookie" and site not in {"no site", "same-origin"}
    return cookie == "cookie"


def is_foreign_command(origin: str, cookie: str, site: str) -> bool:
    """The same for commands, where no page can forge ``same-origin``."""
    if origin == "ours" or site == "same-origin":
        return False
    return (origin, cookie, site) != ("none", "no cookie", "no site")


async def socket_status(victim: Victim | Stock, headers: dict[str, str]) -> int:
    """Asks for an upgrade with exactly these headers; returns the status."""
    own = {"Origin": "", "Cookie": ""}
    request = handshake(victim.port, **own).decode()
    bare = request.replace("Origin: \r\n", "").replace("Cookie: \r\n", "")
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    async with connected(victim.port) as client:
        await client.send((bare[:-2] + fields + "\r\n").encode())
        return int((await client.reader.readuntil(b"\r\n\r\n")).split()[1])


async def stream_status(victim: Victim | Stock, headers: dict[str, str]) -> int:
    """Opens a stream with these headers; returns the status."""
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("GET", victim.events_url + "?topic=room:7", headers=headers) as answer,
    ):
        return answer.status_code


async def command_status(victim: Victim | Stock, headers: dict[str, str]) -> int:
    """Sends a command over HTTP with these headers; returns the status."""
    url = f"http://127.0.0.1:{victim.port}/realtime/commands"
    async with httpx.AsyncClient(timeout=60) as client:
        return (await client.post(url, json=COMMAND, headers=headers)).status_code


async def test_a_socket_is_refused_to_foreign_pages_in_every_combination(victim: Victim) -> None:
    seen = {
        combination: await socket_status(victim, headers_of(*combination)) for combination in ALL
    }

    wanted = {
        combination: 403 if is_foreign(*combination[:3], is_stream=False) else 101
        for combination in ALL
    }
    assert len(set(wanted.values())) == 2
    assert seen == wanted


async def test_a_stream_is_refused_to_foreign_pages_in_every_combination(victim: Victim) -> None:
    seen = {
        combination: await stream_status(victim, headers_of(*combination)) for combination in ALL
    }

    refused = {combination for combination, status in seen.items() if status == 403}
    assert refused == {each for each in ALL if is_foreign(*each[:3], is_stream=True)}
    assert {seen[each] for each in ALL if each not in refused} == {200, 401}


async def test_a_command_is_refused_to_foreign_pages_in_every_combination(
    victim: Victim,
) -> None:
    seen = {
        combination: await command_status(victim, headers_of(*combination)) for combination in ALL
    }

    refused = {combination for combination, status in seen.items() if status == 403}
    assert refused == {each for each in ALL if is_foreign_command(*each[:3])}
    assert {seen[each] for each in ALL if each not in refused} == {200, 401}


@pytest.mark.parametrize("origin", [*look_alikes(ORIGIN), f"{ORIGIN} x"])
async def test_an_origin_that_only_looks_like_ours_is_refused(victim: Victim, origin: str) -> None:
    headers = {"Origin": origin, "Cookie": "session=ada"}

    assert await socket_status(victim, headers) == 403
    assert await stream_status(victim, headers) == 403
    assert await command_status(victim, headers) == 403


async def test_quart_as_it_comes_lets_every_page_in(stock: Stock) -> None:
    foreign = [headers_of(*one) for one in ALL if is_foreign(*one[:3], is_stream=False)]

    sockets = {await socket_status(stock, headers) for headers in foreign}
    streams = {await stream_status(stock, foreign[0])}
    commands = {await command_status(stock, foreign[0])}

    assert len(foreign) > 50
    assert (sockets, streams, commands) == ({101}, {200}, {200})
