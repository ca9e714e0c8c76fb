"""What a feature tells the access matrix: whose things there are, and how they are named.

A feature offers it in ``tests/features/<feature>/access.py``, the platform in
``platform_access.py``:

    OPEN = {"GET /problems/<slug>": "what a problem means is no secret"}

    async def scene(app: Quart, owner: Person, guest: Person) -> Scene: ...

Where topics need a right, ``OWNER = auditors`` names the guard that their owner passes.
Routes and topics are found in the application; one whose ids or bodies no scene knows fails.
"""

import importlib
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from types import ModuleType
from typing import Protocol

from quart import Quart

from app.web.guards import Guard
from tests.people import Person

TESTS = Path(__file__).parents[1]
PLATFORM = "platform"


@dataclass(frozen=True)
class Scene:
    """Things of one owner.

    ``ids`` has a value for every argument of the feature's routes, ``bodies`` what the owner would
    send, by endpoint, ``headers`` what goes with it, and ``topics`` a key for each namespace.
    ``canary`` is a text that the owner is shown somewhere and a stranger nowhere. ``revoke`` takes
    away, by namespace, what the guest may hear; without it the right ends with the session.
    ``calls`` has data for each method; ``callers`` has the token of a machine for each one that
    only a machine of the owner's may call. ``ready`` makes, by endpoint, what other
    routes could not bear; it returns what the owner sends, in place of ``bodies``.
    """

    ids: Mapping[str, object] = field(default_factory=dict)
    bodies: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    revoke: Mapping[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    calls: Mapping[str, object] = field(default_factory=dict)
    callers: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ready: Mapping[str, Callable[[], Awaitable[Mapping[str, object]]]] = field(default_factory=dict)
    canary: str = ""


class Access(Protocol):
    """A module that offers scenes; ``OPEN`` says which routes with ids are for everybody, why."""

    OPEN: Mapping[str, str]

    async def scene(self, app: Quart, owner: Person, guest: Person, /) -> Scene:
        """Makes things of a new owner, to which the guest is let in where that can be."""
        ...


def owner_of(access: Access) -> Guard | None:
    """Returns the guard that the owner of a feature's topics has to pass, None for any member."""
    return getattr(access, "OWNER", None)


def accesses() -> dict[str, Access]:
    """Returns what the platform and each feature offer, by the name of the feature."""
    found = {PLATFORM: _module("tests.access.platform_access")}
    for path in sorted(TESTS.glob("features/*/access.py")):
        name = path.parent.name
        found[name] = _module(f"tests.features.{name}.access")
    return found


def _module(name: str) -> Access:
    module: ModuleType = importlib.import_module(name)
    assert isinstance(module.OPEN, dict), f"{name} does not say which of its routes are open"
    return module
