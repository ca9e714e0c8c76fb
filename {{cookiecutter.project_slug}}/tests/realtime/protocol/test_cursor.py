"""The cursor of a stream."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.backplane import Position
from app.realtime.protocol.cursor import decode_cursor
from app.realtime.protocol.cursor import encode_cursor
from app.realtime.protocol.cursor import list_hash

TOPICS = ["room:7", "room:8"]
PLACES = [Position("k3f9", 41), Position("", 0)]


def test_a_cursor_brings_back_every_place() -> None:
    cursor = encode_cursor(list_hash(TOPICS), PLACES).decode()

    assert decode_cursor(cursor, TOPICS) == PLACES


@pytest.mark.parametrize("topics", [["room:8", "room:7"], ["room:7"], ["room:7", "room:8", "x:1"]])
def test_the_cursor_of_another_list_is_recognised(topics: list[str]) -> None:
    cursor = encode_cursor(list_hash(TOPICS), PLACES).decode()

    assert decode_cursor(cursor, topics) is None


def test_a_cursor_is_safe_in_an_address_and_in_a_field() -> None:
    cursor = encode_cursor(list_hash(TOPICS), PLACES).decode()

    assert cursor.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "plain",
    ["", "1", "1.hash", "2.{hash}.e~1.e~2", "1.{hash}.e~1", "1.{hash}.e~x.e~2", "1.{hash}.e~².e~2"],
)
def test_what_is_no_cursor_is_recognised(plain: str) -> None:
    text = urlsafe_b64encode(plain.format(hash=list_hash(TOPICS)).encode()).decode()

    assert decode_cursor(text, TOPICS) is None


def test_an_endless_cursor_is_not_read() -> None:
    assert decode_cursor("A" * 10_000, TOPICS) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    assert decode_cursor(text, TOPICS) is None
