"""The declaration of a route that may be called again, and what happens then."""

from collections.abc import Awaitable
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any
from typing import cast

from quart import Quart
from quart import Response
from quart import current_app
from quart import make_response
from quart import request

from app.database import Database
from app.errors import Invalid
from app.web import problem_types
from app.web.guards import current_principal
from app.web.idempotency.keys import StoredAnswer
from app.web.idempotency.keys import answer_under
from app.web.idempotency.keys import keep_answer
from app.web.shapes import fails_with

EXTENSION = "idempotency"
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
TAKES_KEY = "__idempotent__"
KEY_MAX_CHARACTERS = 200
KEPT_HEADERS = ("Content-Type", "ETag", "Link", "Location")

View = Callable[..., Awaitable[Any]]


def install_idempotency(app: Quart, database: Database) -> None:
    """Says where answers are kept."""
    app.extensions[EXTENSION] = database


def idempotent(view: View) -> View:
    """Declares that a route takes the header ``Idempotency-Key``; only for people signed in.

    The view must not hand its database work to other tasks: it shares one transaction.
    """

    @wraps(view)
    async def once(*args: Any, **kwargs: Any) -> Any:
        key = idempotency_key()
        if key is None:
            return await view(*args, **kwargs)
        database = cast("Database", current_app.extensions[EXTENSION])
        return await _once(database, key, lambda: view(*args, **kwargs))

    setattr(once, TAKES_KEY, True)
    declared = fails_with(problem_types.KEY_IN_USE, problem_types.KEY_REUSED, problem_types.INVALID)
    return declared(once)


def takes_key(view: Callable[..., Any] | None) -> bool:
    """Tells whether a view was declared `idempotent`."""
    return bool(getattr(view, TAKES_KEY, False))


def idempotency_key() -> str | None:
    """Returns the key of the current request: the text in the quotes of the draft, or without.

    Raises:
        Invalid: it is empty, too long, or holds what is not printable ASCII.
    """
    sent = request.headers.get(HEADER)
    if sent is None:
        return None
    key = sent.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= KEY_MAX_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise Invalid(fields={HEADER: f"use 1 to {KEY_MAX_CHARACTERS} printable characters"})
    return key


async def _once(database: Database, key: str, run: Callable[[], Awaitable[Any]]) -> Response:
    who, fingerprint = current_principal(), await _fingerprint()
    async with database.whole() as work:
        stored = await answer_under(who, work, key=key, fingerprint=fingerprint)
        if stored is None:
            response = cast("Response", await make_response(await run()))
            stored = StoredAnswer(
                response.status_code,
                {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
                await response.get_data(as_text=False),
            )
            await keep_answer(who, work, key=key, fingerprint=fingerprint, answer=stored)
            return response
    return Response(stored.body, stored.status, {**stored.headers, REPLAYED: "true"})


async def _fingerprint() -> bytes:
    """Returns a digest of what was asked: method, address, kind and body."""
    asked = "\n".join([request.method, request.full_path, request.mimetype, ""])
    body = cast("bytes", await request.get_data(as_text=False))
    return sha256(asked.encode() + body).digest()
