"""What clients may call: methods of features, each with the shape of what it takes.

    @dataclass(frozen=True)
    class Resize:
        image: UUID
        width: int

    async def resize(who: Principal, data: Resize) -> dict[str, str]: ...

    realtime.method("images.resize", resize)

The second parameter's annotation is the shape: anything that msgspec can read, so that a handler
never sees what does not fit. Who may call is the handler's business: it gets the caller first, as
every function of a service does, and raises what such functions raise.
"""

import inspect
from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from app.principal import Principal

Handler = Callable[[Principal, Any], Awaitable[Any]]
PARAMETERS = 2


@dataclass(frozen=True, slots=True)
class Method:
    """One handler; ``takes`` and ``returns`` are its annotations."""

    name: str
    handler: Handler
    takes: Any
    returns: Any
    decoder: msgspec.json.Decoder[Any]
    scope: str | None = None


class Methods:
    """The methods of all features by their names."""

    def __init__(self) -> None:
        self._methods: dict[str, Method] = {}

    def add(self, name: str, handler: Handler, *, scope: str | None = None) -> None:
        """Adds a method; ``scope`` is what an API token needs for it, None that none will do.

        Raises:
            TypeError: the handler does not take a caller and annotated data.
            ValueError: the name is empty or taken.
        """
        if not name or name in self._methods:
            raise ValueError(f"a method cannot be named {name!r}, or not twice")
        signature = inspect.signature(handler, eval_str=True)
        parameters = list(signature.parameters.values())
        if len(parameters) != PARAMETERS or parameters[1].annotation is inspect.Parameter.empty:
            raise TypeError(f"the handler of {name!r} takes a caller and data with a type")
        takes = parameters[1].annotation
        decoder = msgspec.json.Decoder(takes)
        returns = signature.return_annotation
        self._methods[name] = Method(name, handler, takes, returns, decoder, scope)

    def find(self, name: str) -> Method | None:
        """Returns the method of that name."""
        return self._methods.get(name)

    def all(self) -> list[Method]:
        """Returns every method, for those who describe them."""
        return list(self._methods.values())
