"""The figures as the other parts of the feature see them."""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured in one second, by the name of the figure; one that had no value is missing.

    Summed over all processes, as it is stored and published.
    """

    at: datetime
    figures: Mapping[str, float]


Listener = Callable[[Sample], Awaitable[None]]


@dataclass(slots=True)
class Figures:
    """Where the parts meet: alert rules and the like are called with every sample.

    Only the process that sums calls them, once a second and one after the other, so their state may
    stay in memory as long as they rebuild it when another process takes over. One that raises is
    logged and called again with the next sample; one that is slow holds up the next.
    """

    listeners: list[Listener] = field(default_factory=list)

    def on_sample(self, listener: Listener) -> None:
        """Has ``listener`` called with each summed sample, in the process that sums."""
        self.listeners.append(listener)
