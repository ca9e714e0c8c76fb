"""A safe request whose connection to PostgreSQL was cut is answered at the second try."""

from typing import Any

from quart import Quart
from quart import request
from quart.typing import ResponseReturnValue

from app.database import tried_twice

SAFE_METHODS = frozenset({"GET", "HEAD"})


def install_second_try(app: Quart) -> None:
    """Runs the view of a GET once more when the database's connection ended under it.

    Its guard and its limit are not asked again. Everything else gets its 503, since nobody knows
    what was done: the client decides.
    """
    dispatch = app.dispatch_request

    async def dispatch_twice(*context: Any) -> ResponseReturnValue:
        call = context[0].request if context else request
        if call.method not in SAFE_METHODS:
            return await dispatch(*context)
        return await tried_twice(lambda: dispatch(*context))

    app.dispatch_request = dispatch_twice  # type: ignore[assignment, method-assign]
