"""Somebody who tries at accounts from many addresses, and what they can compare."""

import math
import re
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from quart import Quart
from sqlalchemy import Engine
from sqlalchemy import event

from app.resources import resources_of
from tests.people import PASSWORD
from tests.people import Browser

ANYBODY = "anybody@example.com"
FORMS: dict[str, dict[str, str]] = {
    "/sign-in": {"password": "a guess"},
    "/sign-up": {"password": PASSWORD, "name": "Eve"},
    "/sign-up/again": {},
    "/forgot-password": {},
    "/api/v1/accounts/sign-in": {"password": "a guess"},
    "/api/v1/accounts/sign-up": {"password": PASSWORD, "name": "Eve"},
    "/api/v1/accounts/sign-up/again": {},
    "/api/v1/accounts/password/forgot": {},
}
# Different in any two answers, whoever they are about.
OF_THE_REQUEST = re.compile(r"[0-9a-f]{16,32}")
_is_asking = ContextVar("is_asking", default=False)
CHANGING = {"Date", "X-Request-Id", "Traceparent", "Ratelimit"}


@dataclass(frozen=True)
class Seen:
    """All that an answer shows, and what it cost: the passwords hashed, the statements sent.

    The address that was asked about is written as anybody's.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    hashes: int
    statements: tuple[str, ...]


@contextmanager
def statements_sent() -> Iterator[list[str]]:
    """Collects the text of what whoever is called here sends to PostgreSQL, without values.

    What runs beside it, as the relay of the outbox does, has a context of its own.
    """
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if _is_asking.get():
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    asking = _is_asking.set(True)
    try:
        yield sent
    finally:
        _is_asking.reset(asking)
        event.remove(Engine, "before_cursor_execute", note)


async def ask(app: Quart, path: str, email: str, *, place: str) -> Any:
    """Sends a form, or the same as JSON, from an address."""
    body = {"email": email, **FORMS[path]}
    form = {"json": body} if path.startswith("/api/") else {"form": body}
    return await Browser(app).post(path, scope_base={"client": (place, 4_711)}, **form)


async def look(app: Quart, path: str, email: str, *, place: str) -> Seen:
    """Returns what somebody sees who asks about an address."""
    passwords = resources_of(app).identity.passwords
    before = passwords.begun
    with statements_sent() as statements:
        response = await ask(app, path, email, place=place)
    body = (await response.get_data(as_text=True)).replace(email, ANYBODY)
    body = body.replace(email.replace("@", "%40"), ANYBODY)
    headers = tuple(
        sorted((name, value) for name, value in response.headers if name.title() not in CHANGING)
    )
    return Seen(
        response.status_code,
        headers,
        OF_THE_REQUEST.sub("", body),
        passwords.begun - before,
        tuple(statements),
    )


async def times(
    app: Quart, path: str, emails: list[tuple[str, str]], *, clock: Callable[[], float]
) -> AsyncIterator[tuple[float, float]]:
    """Yields the milliseconds of a known and of an unknown address, by turns."""
    for number, pair in enumerate(emails):
        place = f"198.51.{100 + number // 250}.{number % 250}"
        taken = []
        for email in pair if number % 2 else pair[::-1]:
            begun = clock()
            response = await ask(app, path, email, place=place)
            taken.append(1000 * (clock() - begun))
            assert response.status_code < 429, response.status_code
        known, unknown = taken if number % 2 else taken[::-1]
        yield known, unknown


def chance(one: Sequence[float], other: Sequence[float]) -> float:
    """Returns how likely two samples of one kind differ in rank as much: Mann and Whitney's test.

    By the normal approximation, good for twenty of each and more; times are never quite equal.
    """
    ranked = sorted((*((value, 1) for value in one), *((value, 0) for value in other)))
    ranks = sum(rank for rank, (_, is_one) in enumerate(ranked, 1) if is_one)
    n, m = len(one), len(other)
    expected, spread = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(ranks - expected) / spread / math.sqrt(2))
