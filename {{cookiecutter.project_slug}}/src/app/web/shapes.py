"""What a view returns: a page, or the JSON that quart-schema describes; and how it fails."""

from collections.abc import Callable
from typing import Any
from typing import TypeVar
from typing import cast

from app.web.problem_types import ProblemType

PAGE = "__page__"
FAILURES = "__failures__"

View = TypeVar("View", bound=Callable[..., Any])


def html(view: View) -> View:
    """Declares that a view returns a page; errors on it are pages too."""
    setattr(view, PAGE, True)
    return view


def is_page(view: Callable[..., Any] | None) -> bool:
    """Tells whether a view declared `html`."""
    return bool(getattr(view, PAGE, False))


def fails_with(*kinds: ProblemType) -> Callable[[View], View]:
    """Declares problems that come from what a view does, beyond those of guard, limit and shapes.

    @fails_with(problem_types.CONFLICT)
    """

    def declare(view: View) -> View:
        setattr(view, FAILURES, (*declared_failures(view), *kinds))
        return view

    return declare


def declared_failures(view: Callable[..., Any] | None) -> tuple[ProblemType, ...]:
    """Returns what a view declared with `fails_with`."""
    return cast("tuple[ProblemType, ...]", getattr(view, FAILURES, ()))
