"""What the header of every page leads to; features add their own entries."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.principal import Principal


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A link in the header and on the home page."""

    order: int
    label: str
    url: str
    description: str = ""
    permission: str = ""

    def is_for(self, who: Principal) -> bool:
        """Returns whether the caller may go there at all."""
        return who.is_signed_in and (not self.permission or who.may(self.permission))


class Navigation:
    """The entries in the order in which they are shown."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(
        self, label: str, url: str, *, order: int, description: str = "", permission: str = ""
    ) -> None:
        """Adds an entry; ``description`` is what the home page says of it, in one sentence.

        With a ``permission`` it is shown to those alone who have it.
        """
        self._entries.append(Entry(order, label, url, description, permission))
        self._entries.sort()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)
