"""What hears a backplane or a presence store in these tests, and remembers it."""

import asyncio
from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field

from app.realtime.backplane import Entry
from app.realtime.presence_store import Diff
from tests.patience import PATIENCE_SECONDS


async def until(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for ``condition``; fails when it does not become true in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a condition of any kind
            await asyncio.sleep(0.002)


@dataclass
class Ears:
    """A listener of both ports."""

    messages: list[tuple[str, str, Entry]] = field(default_factory=list)
    signals: list[tuple[str, bytes, str | None, str | None]] = field(default_factory=list)
    suspected: list[str] = field(default_factory=list)
    states: list[bool] = field(default_factory=list)
    diffs: list[tuple[str, Diff]] = field(default_factory=list)

    def message(self, topic: str, epoch: str, entry: Entry) -> None:
        self.messages.append((topic, epoch, entry))

    def signal(self, topic: str, data: bytes, *, sender: str | None, key: str | None) -> None:
        self.signals.append((topic, data, sender, key))

    def suspect(self, topics: Collection[str]) -> None:
        self.suspected += sorted(topics)

    def state(self, *, degraded: bool) -> None:
        self.states.append(degraded)

    def presence(self, topic: str, diff: Diff) -> None:
        self.diffs.append((topic, diff))

    @property
    def texts(self) -> list[bytes]:
        """The data of the messages heard, in order."""
        return [entry.data for _, _, entry in self.messages]

    @property
    def steps(self) -> list[tuple[list[str], list[str]]]:
        """Who joined and who left, diff by diff."""
        return [_step(diff) for _, diff in self.diffs]

    def steps_on(self, topic: str) -> list[tuple[list[str], list[str]]]:
        """Who joined and who left on one topic."""
        return [_step(diff) for name, diff in self.diffs if name == topic]


def _step(diff: Diff) -> tuple[list[str], list[str]]:
    return [member.user for member in diff.joined], [member.user for member in diff.left]
