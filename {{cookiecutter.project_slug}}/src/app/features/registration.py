"""What a feature package offers, so that one line in ``app.features`` is enough to have it."""

from typing import Protocol

from quart import Quart

from app.resources import Resources


class Feature(Protocol):
    """A package under ``app.features``; the module itself satisfies this protocol.

    Its migrations lie in its folder ``migrations/versions``; nothing else is found by convention.
    """

    __name__: str

    def register(self, app: Quart, resources: Resources, /) -> None:
        """Attaches blueprints, topics, jobs and navigation entries."""
        ...

    async def add_demo(self, resources: Resources, /) -> None:
        """Stores demo data for ``app dev``; a second call changes nothing."""
        ...
