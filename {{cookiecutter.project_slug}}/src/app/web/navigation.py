"""What the header of every page leads to; features add their own entries."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A link in the header and on the home page."""

    order: int
    label: str
    url: str
    description: str = ""


class Navigation:
    """The entries in the order in which they are shown."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, label: str, url: str, *, order: int, description: str = "") -> None:
        """Adds an entry; ``description`` is what the home page says of it, in one sentence."""
        self._entries.append(Entry(order, label, url, description))
        self._entries.sort()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)
