"""What an API token may be limited to: features name their scopes and say what each one allows.

    resources.identity.scopes.add("rooms:read", "Read the rooms that you are in")

A route declares the scope that a token needs for it with ``@scope``, a topic namespace with
``scope=``. What declares none takes no tokens.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(r"[a-z][a-z0-9-]*:[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A name, and in one sentence without a stop what it allows."""

    name: str
    description: str


class Scopes:
    """The scopes of all features, by name."""

    def __init__(self) -> None:
        self._scopes: dict[str, Scope] = {}

    def add(self, name: str, description: str) -> None:
        """Adds a scope.

        Raises:
            ValueError: the name is taken, or not of the form ``what:action``.
        """
        if name in self._scopes or not _NAME.fullmatch(name):
            raise ValueError(f"a scope cannot be named {name!r}, or not twice")
        self._scopes[name] = Scope(name, description)

    def __contains__(self, name: object) -> bool:
        return name in self._scopes

    def __iter__(self) -> Iterator[Scope]:
        return iter(sorted(self._scopes.values()))
