"""What a feature package offers, so that one line in ``app.features`` is enough to have it."""

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from typing import runtime_checkable

import click
from quart import Quart

from app.resources import Resources

# What a command stands on: the resources, not yet opened, of the servers that the settings name.
AtHand = Callable[[], AbstractContextManager[Resources]]


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


@runtime_checkable
class IsAliveInTheDemo(Protocol):
    """A feature of which something moves while ``app dev`` runs."""

    def demo_program(self, url: str, /) -> Sequence[str]:
        """Returns the command of ``app`` that plays it against the service at an address.

        It runs beside the service until a signal comes.
        """
        ...


@runtime_checkable
class BringsCommands(Protocol):
    """A feature that adds to the program ``app``, too."""

    def add_commands(self, program: click.Group, at_hand: AtHand, /) -> None:
        """Adds its commands; those that need resources enter ``at_hand`` when they run."""
        ...
