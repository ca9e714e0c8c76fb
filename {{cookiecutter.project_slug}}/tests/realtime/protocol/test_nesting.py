"""How deeply a client's data may be nested."""

import pytest

from app.realtime.protocol.nesting import LEVELS_MAX
from app.realtime.protocol.nesting import is_too_deep


def nested(levels: int) -> bytes:
    return b'[{"a":' * (levels // 2) + b"1" + b"}]" * (levels // 2)


@pytest.mark.parametrize(
    ("data", "too_deep"),
    [
        (b"1", False),
        (nested(LEVELS_MAX), False),
        (nested(LEVELS_MAX + 2), True),
        (b"[" * 8_000 + b"]" * 8_000, True),
        (b"[" + b",".join([b"[]"] * 1_000) + b"]", False),
        (b'"' + b"[" * 1_000 + b'"', False),
        (b'["\\"' + b"[" * 1_000 + b'"]', False),
        (b'["\\\\",' + nested(LEVELS_MAX) + b"]", True),
    ],
)
def test_levels_are_counted_outside_of_texts(data: bytes, too_deep: bool) -> None:
    assert is_too_deep(data) is too_deep
