"""How often a route may be called: declared on the view, counted in Redis for all processes."""

from collections.abc import Callable
from typing import Any
from typing import TypeVar

LIMIT = "__limit__"

View = TypeVar("View", bound=Callable[..., Any])


def limit(rate: str) -> Callable[[View], View]:
    """Declares how often one caller may call a view, such as ``"60/minute"``."""

    def declare(view: View) -> View:
        setattr(view, LIMIT, rate)
        return view

    return declare
