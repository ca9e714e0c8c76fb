"""The device's end of its shadow, as values: what a program on a device keeps and sends.

    replica = Replica()
    replica.greet(reported_version=answer["reported_version"])   # after every connect
    if replica.take(desired, version):                          # an answer or an event
        apply(replica.delta)
        await live.call("devices.report", replica.become(replica.delta))

Nothing here waits; the simulator and the tests of convergence use it.
"""

from dataclasses import dataclass
from dataclasses import field

from app.features.devices.documents import Document

from .document import difference


@dataclass(slots=True)
class Replica:
    """What the device is, and the newest wish that it has heard."""

    reported: Document = field(default_factory=dict)
    reported_version: int = 0
    desired: Document = field(default_factory=dict)
    desired_version: int = 0

    @property
    def delta(self) -> Document:
        """What is left to do."""
        return difference(self.desired, self.reported)

    def greet(self, *, reported_version: int) -> None:
        """Goes on counting where the service is: a device that lost its memory begins below."""
        self.reported_version = max(self.reported_version, reported_version)

    def take(self, desired: Document, version: int) -> bool:
        """Hears a wish; false when it is an old one, or one that was heard before."""
        if version <= self.desired_version:
            return False
        self.desired, self.desired_version = desired, version
        return True

    def become(self, changes: Document) -> None:
        """Changes what the device is, which is then to be reported; null takes a member away."""
        self.reported = merged(self.reported, changes)
        self.reported_version += 1


def merged(document: Document, changes: Document) -> Document:
    """Returns a document with changes merged into it, as RFC 7396 has it."""
    result = dict(document)
    for name, change in changes.items():
        if change is None:
            result.pop(name, None)
        elif isinstance(change, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, change)
        else:
            result[name] = change
    return result
