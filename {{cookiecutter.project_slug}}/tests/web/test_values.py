"""What names may hold is what the description of the interface says that they may."""

import re
from typing import Annotated

import pytest
from pydantic import TypeAdapter
from pydantic import ValidationError

from app.web.values import OneLine

NAME = TypeAdapter(Annotated[str, OneLine])
GOOD = ["", "Roof", "سقف\u200cخانه", "👩\u200d🔧", "a\u00a0b"]
BAD = ["a\nb", "a\x00", "\x85", "a\u2028b", "\u202eruobraH", "\u2069a", "\x7f"]


@pytest.mark.parametrize("name", [*GOOD, *BAD], ids=ascii)
def test_the_pattern_and_the_rule_say_the_same(name: str) -> None:
    try:
        taken = NAME.validate_python(name) == name
    except ValidationError:
        taken = False

    described = bool(re.fullmatch(NAME.json_schema()["pattern"], name))

    assert taken is described is (name in GOOD)


def test_the_pattern_is_one_to_readers_who_know_no_halves_of_characters() -> None:
    # jsonschema-rs, and schemathesis with it, leaves out a pattern that names surrogates.
    assert not re.search(r"\\u[dD][89a-fA-F]", NAME.json_schema()["pattern"])
