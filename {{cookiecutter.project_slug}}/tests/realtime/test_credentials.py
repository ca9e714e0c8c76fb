"""Which of the credentials of a handshake decides."""

import pytest

from app.realtime.asgi import Scope
from app.realtime.credentials import credential_of

COOKIE = ("cookie", "session=ada")
BEARER = ("authorization", "Bearer abc")


def scope(*headers: tuple[str, str]) -> Scope:
    return {"headers": [(name.encode(), value.encode()) for name, value in headers]}


@pytest.mark.parametrize(
    ("ticket", "headers", "kind", "value"),
    [
        ("t-1", [BEARER, COOKIE], "ticket", "t-1"),
        ("", [BEARER, COOKIE], "ticket", ""),
        (None, [BEARER, COOKIE], "bearer", "abc"),
        (None, [("authorization", "bearer  abc "), COOKIE], "bearer", "abc"),
        (None, [("authorization", "Bearer "), COOKIE], "bearer", ""),
        (None, [("authorization", "Basic YTpi"), COOKIE], "cookie", "session=ada"),
        (None, [COOKIE], "cookie", "session=ada"),
        (None, [], "none", ""),
    ],
)
def test_the_first_one_present_decides(
    ticket: str | None, headers: list[tuple[str, str]], kind: str, value: str
) -> None:
    credential = credential_of(scope(*headers), ticket=ticket)

    assert (credential.kind, credential.value) == (kind, value)
