"""JSON as RFC 8259 has it, and not deeper than anybody means it."""

import json
from typing import Any
from typing import NoReturn

DEPTH_MAX = 32
NUMBER_MAX_CHARACTERS = 40


def loads(text: str | bytes, **options: Any) -> Any:
    """Parses ``text``, which Quart has read from a body.

    Raises:
        ValueError: it is not JSON, is nested too deeply, or holds NaN, an infinity, a number that
            would take long to read, half of a character, NUL, or the same name twice.
    """
    try:
        parsed = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=_integer,
            parse_float=_float,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _check(parsed, DEPTH_MAX)
    return parsed


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise ValueError("nested too deeply")
    match value:
        case str():
            value.encode()  # a lone surrogate cannot be, and would fail later, in the database
            if "\0" in value:
                raise ValueError("NUL is in no text here")  # PostgreSQL stores none
        case dict():
            for key, item in value.items():
                _check(key, depth)
                _check(item, depth - 1)
        case list():
            for item in value:
                _check(item, depth - 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Makes an object; of two members of one name others may have looked at the other one."""
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise ValueError("a name is there twice")
    return parsed


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > NUMBER_MAX_CHARACTERS:
        raise ValueError("a number is too long")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number
