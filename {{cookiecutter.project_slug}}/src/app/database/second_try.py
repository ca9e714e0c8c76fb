"""One more try for what may be done twice, when the connection that it used was cut."""

from collections.abc import Awaitable
from collections.abc import Callable
from typing import TypeVar

from app.errors import Unavailable

T = TypeVar("T")


async def tried_twice(action: Callable[[], Awaitable[T]]) -> T:
    """Does ``action``, and once more when PostgreSQL ended its connection in the middle.

    PostgreSQL ends all of them when it restarts, fails over, or is told to. Only for what changes
    nothing: of a COMMIT whose answer was cut off nobody knows whether it was done.

    Raises:
        Unavailable: the second try failed too, or the first one in another way.
    """
    try:
        return await action()
    except Unavailable as error:
        if not error.is_cut:
            raise
    return await action()
