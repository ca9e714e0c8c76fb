"""Whom to believe about where a request comes from."""

from typing import Any
from typing import cast

import pytest
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
