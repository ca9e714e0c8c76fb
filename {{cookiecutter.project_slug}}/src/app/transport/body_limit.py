"""How much a route takes: less or more than the application's limit."""

from collections.abc import Callable
from typing import Any
from typing import TypeVar
from typing import cast

BODY_LIMIT = "__body_max_bytes__"

View = TypeVar("View", bound=Callable[..., Any])


def body_limit(max_bytes: int) -> Callable[[View], View]:
    """Declares the size of the largest body that a view takes, in bytes.

    What is beyond ``WEB_BODY_MAX_BYTES`` should be read as it arrives: ``async for chunk in
    request.body``.
    """

    def declare(view: View) -> View:
        setattr(view, BODY_LIMIT, max_bytes)
        return view

    return declare


def body_limit_of(view: Callable[..., Any] | None) -> int | None:
    """Returns what a view declares, if anything."""
    return cast("int | None", getattr(view, BODY_LIMIT, None))
