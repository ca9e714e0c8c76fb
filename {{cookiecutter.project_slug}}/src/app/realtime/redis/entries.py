"""How a presence entry is named in Redis: by the node that answers for it, its topic, itself."""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

_names = msgspec.json.Decoder(tuple[str, str, str])

ENTRIES_PER_CALL = 100


@dataclass(frozen=True, slots=True)
class EntryName:
    """One connection's presence on one topic."""

    node: str
    topic: str
    connection: str

    def encoded(self) -> bytes:
        """Returns the name as a member of a set."""
        return msgspec.json.encode((self.node, self.topic, self.connection))


def entry_name_of(encoded: bytes) -> EntryName:
    """Returns what ``EntryName.encoded`` was made of."""
    return EntryName(*_names.decode(encoded))


def by_node_and_topic(
    names: Iterable[EntryName],
) -> Iterator[tuple[str, str, list[EntryName]]]:
    """Groups names by what one script call can end together, a bounded number each."""
    groups: defaultdict[tuple[str, str], list[EntryName]] = defaultdict(list)
    for name in names:
        groups[name.node, name.topic].append(name)
    for (node, topic), group in groups.items():
        for start in range(0, len(group), ENTRIES_PER_CALL):
            yield node, topic, group[start : start + ENTRIES_PER_CALL]
