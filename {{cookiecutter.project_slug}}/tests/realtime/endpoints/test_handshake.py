"""The origin matrix."""

import pytest

from app.realtime.asgi import Scope
from app.realtime.asgi import address_of
from app.realtime.asgi import header
from app.realtime.endpoints.handshake import is_foreign_socket
from app.realtime.endpoints.handshake import is_foreign_stream

ORIGINS = frozenset({"https://here.test"})
COOKIE = ("cookie", "session=ada")
HERE = ("origin", "https://here.test")


def scope(*headers: tuple[str, str]) -> Scope:
    return {"headers": [(name.encode(), value.encode()) for name, value in headers]}


@pytest.mark.parametrize(
    ("headers", "is_foreign"),
    [
        ([HERE, COOKIE], False),
        ([HERE], False),
        ([], False),
        ([COOKIE], True),
        ([("origin", "https://evil.test"), COOKIE], True),
        ([("origin", "https://evil.test")], True),
        ([("origin", "null"), COOKIE], True),
        ([("origin", "http://here.test"), COOKIE], True),
        ([("origin", "https://here.test:444"), COOKIE], True),
        ([("origin", "https://here.test.evil.test"), COOKIE], True),
        ([HERE, ("origin", "https://evil.test"), COOKIE], True),
        ([("Origin", "https://evil.test"), COOKIE], True),
    ],
)
def test_a_socket_comes_from_an_allowed_origin(
    headers: list[tuple[str, str]], is_foreign: bool
) -> None:
    assert is_foreign_socket(scope(*headers), ORIGINS) is is_foreign


@pytest.mark.parametrize(
    ("headers", "is_foreign"),
    [
        ([COOKIE], False),
        ([COOKIE, ("sec-fetch-site", "same-origin")], False),
        ([COOKIE, ("sec-fetch-site", "same-site")], True),
        ([COOKIE, ("sec-fetch-site", "cross-site")], True),
        ([COOKIE, ("sec-fetch-site", "none")], True),
        ([("sec-fetch-site", "cross-site")], False),
        ([HERE, COOKIE], False),
        ([("origin", "https://evil.test")], True),
    ],
)
def test_a_stream_comes_from_an_allowed_origin_or_from_our_own_page(
    headers: list[tuple[str, str]], is_foreign: bool
) -> None:
    assert is_foreign_stream(scope(*headers), ORIGINS) is is_foreign


def test_several_headers_of_a_name_cannot_hide_behind_each_other() -> None:
    assert header(scope(("origin", "a"), ("origin", "b")), b"origin") == "a, b"


def test_a_client_without_an_address_is_counted_too() -> None:
    assert address_of({"client": None}) == "unknown"
    assert address_of({"client": ("10.0.0.1", 5)}) == "10.0.0.1"
