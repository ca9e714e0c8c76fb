"""What texts may hold is what the description of the interface says that they may."""

import re
import sys
from typing import Annotated

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter
from pydantic import ValidationError

from app.web.values import Lines
from app.web.values import OneLine

MOST = 12
NAME = TypeAdapter(Annotated[str, OneLine(most=MOST)])
TEXT = TypeAdapter(Annotated[str, Lines(most=MOST)])
NAMES = ["Roof", "a", "سقف\u200cخانه", "👩\u200d🔧", "a\u00a0b", "\ufeff", " \tRoof\u2028\n"]
TOO_LONG = ["x" * (MOST + 1), f"{'x' * MOST}\n", f"{' ' * MOST}x"]
NO_NAMES = ["a\nb", "a\x00", "a\x85b", "a\u2028b", "\u202eruobraH", "\u2069a", "\x7f", *TOO_LONG]
# Python takes four separators for blanks besides, which Unicode does not.
BLANKS = {chr(code) for code in range(sys.maxunicode) if chr(code).isspace()} - set(
    "\x1c\x1d\x1e\x1f"
)
EMPTY = ["", " \t\n", *sorted(BLANKS), "\u3000\u2003"]
TEXTS = [*NAMES, "a\nb", "a\x85b", "\u202eruobraH"]


def _is_described(kind: TypeAdapter[str], text: str) -> bool:
    return Draft202012Validator(kind.json_schema()).is_valid(text)


def _is_taken(kind: TypeAdapter[str], text: str) -> bool:
    try:
        return kind.validate_python(text) == text.strip()
    except ValidationError:
        return False


@pytest.mark.parametrize("name", [*NAMES, *NO_NAMES, *EMPTY], ids=ascii)
def test_the_pattern_and_the_rule_for_a_name_say_the_same(name: str) -> None:
    assert _is_taken(NAME, name) is _is_described(NAME, name) is (name in NAMES)


@pytest.mark.parametrize("text", [*TEXTS, *EMPTY, *TOO_LONG], ids=ascii)
def test_the_pattern_and_the_rule_for_text_say_the_same(text: str) -> None:
    assert _is_taken(TEXT, text) is _is_described(TEXT, text) is (text in TEXTS)


@pytest.mark.parametrize("kind", [NAME, TEXT], ids=["name", "text"])
def test_the_pattern_is_one_to_readers_who_know_no_halves_of_characters(
    kind: TypeAdapter[str],
) -> None:
    # jsonschema-rs, and schemathesis with it, leaves out a pattern that names surrogates.
    assert not re.search(r"\\u[dD][89a-fA-F]", kind.json_schema()["pattern"])


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"], ids=ascii)
def test_what_postgresql_cannot_keep_is_no_text(text: str) -> None:
    assert not _is_taken(TEXT, text)
    assert not _is_taken(NAME, text)
