"""JSON that is taken, and JSON that is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transport import strict_json
from app.transport.strict_json import DEPTH_MAX

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**64) | FLOATS | TEXT
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_others_write_is_read(value: object) -> None:
    assert strict_json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e400",
        "9" * 41,
        '"\\udead"',
        '"\\u0000"',
        '{"a": 1, "a": 2}',
        '{"\\ud800": 1}',
        "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1),
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=lambda text: text[:12] or "nothing",
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each in its own words
        strict_json.loads(text)


def test_the_deepest_that_is_taken() -> None:
    depth = DEPTH_MAX - 1

    assert strict_json.loads("[" * depth + "]" * depth)
