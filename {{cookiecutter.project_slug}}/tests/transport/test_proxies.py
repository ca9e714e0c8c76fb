"""Whom to believe about where a request comes from."""

from typing import Any
from typing import cast

import pytest
from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.typing import HTTPScope
from hypercorn.typing import Scope

from app.transport import BehindProxies

SOCKET = ("10.0.0.9", 4711)


async def seen(hops: int, headers: list[tuple[bytes, bytes]], kind: str = "http") -> dict[str, Any]:
    """Returns the scope that an application behind so many proxies sees."""
    scopes: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    async def nothing(*_: Any) -> Any:
        return None

    scheme = {"http": "http", "websocket": "ws"}[kind]
    scope = {"type": kind, "scheme": scheme, "client": SOCKET, "headers": headers}
    await BehindProxies(application, hops=hops)(cast("HTTPScope", scope), nothing, nothing)
    return scopes[0]


@pytest.mark.parametrize(
    ("hops", "forwarded", "client"),
    [
        (0, b"192.0.2.1", "10.0.0.9"),
        (1, b"192.0.2.1", "192.0.2.1"),
        (1, b"6.6.6.6, 192.0.2.1", "192.0.2.1"),
        (2, b"6.6.6.6, 192.0.2.1, 10.0.0.8", "192.0.2.1"),
        (2, b"192.0.2.1", "192.0.2.1"),
        (1, b"192.0.2.1:8080", "192.0.2.1"),
        (1, b"[2001:db8::1]:443", "2001:db8::1"),
        (1, b"2001:db8::1", "2001:db8::1"),
        (1, b"unknown", "10.0.0.9"),
        (1, b"", "10.0.0.9"),
        (1, b" , ,", "10.0.0.9"),
    ],
)
async def test_only_what_our_proxies_wrote_counts(hops: int, forwarded: bytes, client: str) -> None:
    scope = await seen(hops, [(b"x-forwarded-for", forwarded)])

    assert scope["client"][0] == client


async def test_lines_of_one_header_are_one_list() -> None:
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"X-Forwarded-For", b"192.0.2.1")]

    assert (await seen(1, headers))["client"][0] == "192.0.2.1"


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
async def test_tls_at_the_proxy_is_tls(kind: str, scheme: str) -> None:
    headers = [(b"x-forwarded-proto", b"https")]

    assert (await seen(1, headers, kind))["scheme"] == scheme
    assert (await seen(0, headers, kind))["scheme"] != scheme


async def test_the_scope_of_the_server_stays_as_it_is() -> None:
    scope = {"type": "http", "scheme": "http", "client": SOCKET, "headers": []}

    async def nothing(*_: Any) -> Any:
        return None

    await BehindProxies(nothing, hops=1)(cast("Scope", scope), nothing, nothing)

    assert scope == {"type": "http", "scheme": "http", "client": SOCKET, "headers": []}


FORGED = [
    *(f"192.0.2.{number}" for number in range(60)),
    *(f"2001:db8::{number:x}" for number in range(20)),
    *(f"6.6.6.{number}, 7.7.7.7, 127.0.0.1" for number in range(10)),
    *("127.0.0.1", "::1", "localhost", "unknown", "_hidden", "for=6.6.6.6", "6.6.6.6;7.7.7.7"),
    *("0x7f000001", "2130706433", "\x00"),
]
OTHER_NAMES = ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Via"]


def test_there_are_a_hundred_forgeries() -> None:
    assert len(set(FORGED)) == 100


@pytest.mark.parametrize("name", ["X-Forwarded-For", *OTHER_NAMES])
async def test_none_of_a_hundred_forged_addresses_counts_without_a_proxy(name: str) -> None:
    seen_from = {(await seen(0, [(name.encode(), value.encode())]))["client"] for value in FORGED}

    assert seen_from == {SOCKET}


async def test_none_of_them_counts_in_front_of_what_our_proxy_wrote() -> None:
    written = b"198.51.100.7"
    together = [
        await seen(1, [(b"x-forwarded-for", f"{it}, ".encode() + written)]) for it in FORGED
    ]
    apart = [
        await seen(1, [(b"x-forwarded-for", it.encode()), (b"x-forwarded-for", written)])
        for it in FORGED
    ]

    assert {scope["client"] for scope in together + apart} == {(written.decode(), 0)}


async def test_a_proxy_middleware_that_believes_the_first_entry_is_fooled_each_time() -> None:
    fooled: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        fooled.append(scope["client"][0])

    stock = ProxyFixMiddleware(application, mode="legacy", trusted_hops=2)
    for value in FORGED[:60]:
        headers = [(b"x-forwarded-for", f"{value}, 198.51.100.7".encode())]
        scope = {"type": "http", "scheme": "http", "client": SOCKET, "headers": headers}
        await stock(cast("HTTPScope", scope), cast("Any", None), cast("Any", None))

    assert fooled == FORGED[:60]
