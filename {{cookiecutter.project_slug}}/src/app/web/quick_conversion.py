"""Conversion of answers without making its plan anew each time.

quart-schema 0.25 makes a pydantic ``TypeAdapter`` for each answer that is a list, a dictionary or a
dataclass. That compiles a schema: 170 microseconds, more than all the rest of a plain request.
"""

from collections.abc import Callable
from collections.abc import Coroutine
from functools import lru_cache
from typing import Any
from typing import Final

from pydantic import TypeAdapter
from quart import Response
from quart_schema import conversion

KEPT_TYPES = 256
# What a conversion gives back as it is.
PLAIN: Final = frozenset({str, int, float, bool, type(None)})
WHOLE: Final = frozenset({str, bytes, Response})

MakeResponse = Callable[[Any], Coroutine[Any, Any, Any]]


def remember_adapters() -> None:
    """Has quart-schema make the adapter of a type once; for all applications of this process."""
    module: Any = conversion
    if module.TypeAdapter is TypeAdapter:
        module.TypeAdapter = lru_cache(KEPT_TYPES)(TypeAdapter)


def converting_what_needs_it(plain: MakeResponse, converting: MakeResponse) -> MakeResponse:
    """Returns ``converting`` without its questions, for what it would hand to ``plain`` as it is.

    Those are texts, answers that are made already, and objects of JSON that hold only texts,
    numbers and the like.
    """

    async def make_response(result: Any) -> Any:
        kind = type(result)
        if kind in WHOLE or (kind is dict and PLAIN.issuperset(map(type, result.values()))):
            return await plain(result)
        return await converting(result)

    return make_response
