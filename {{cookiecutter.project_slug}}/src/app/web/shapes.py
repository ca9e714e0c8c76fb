"""What a view returns: a page, or the JSON that quart-schema describes."""

from collections.abc import Callable
from typing import Any
from typing import TypeVar

PAGE = "__page__"

View = TypeVar("View", bound=Callable[..., Any])


def html(view: View) -> View:
    """Declares that a view returns a page; errors on it are pages too."""
    setattr(view, PAGE, True)
    return view


def is_page(view: Callable[..., Any] | None) -> bool:
    """Tells whether a view declared `html`."""
    return bool(getattr(view, PAGE, False))
