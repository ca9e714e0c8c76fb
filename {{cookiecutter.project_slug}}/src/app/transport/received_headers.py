"""The headers of a request, found without looking at all of them."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.datastructures.mixins import ImmutableHeadersMixin


class ReceivedHeaders(ImmutableHeadersMixin, Headers):  # type: ignore[misc]  # as Werkzeug's own
    """The headers as Quart has them: titled names, the address first. Nobody may change them.

    Werkzeug compares a name with all of them, and a request is asked for a dozen.
    """

    def __init__(self, received: Iterable[tuple[bytes, bytes]], *, address: str) -> None:
        self._list = listed = [("Remote-Addr", address)]
        self._first = first = {"remote-addr": address}
        for name, value in received:
            title, lower = _names(name)
            text = value.decode("latin1")
            listed.append((title, text))
            first.setdefault(lower, text)
        self._has_each_once = len(first) == len(listed)

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        """Returns the first value of a header."""
        if type is not None:
            return super().get(key, default, type)
        return self._first.get(key.lower(), default)

    def getlist(self, key: str, type: Any = None) -> list[Any]:
        """Returns all values of a header."""
        if type is not None or not self._has_each_once:
            return super().getlist(key, type)
        found = self._first.get(key.lower())
        return [] if found is None else [found]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self.copy()[key]
        found = self._first.get(key.lower()) if isinstance(key, str) else None
        return super().__getitem__(key) if found is None else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and set(self) == set(other)

    __hash__ = None

    def copy(self) -> Headers:  # type: ignore[override]  # as the immutable ones of Werkzeug do
        """Returns headers that may be changed."""
        changeable = Headers()
        changeable._list = list(self._list)
        return changeable


@lru_cache(maxsize=1024)
def _names(name: bytes) -> tuple[str, str]:
    text = name.decode("latin1")
    return text.title(), text.lower()
