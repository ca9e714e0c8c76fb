"""Pages of lists and their cursors."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart

from app.errors import Invalid
from app.web.paging import cut
from app.web.paging import decode_cursor
from app.web.paging import encode_cursor
from app.web.paging import link_next


@given(st.text(max_size=50), st.integers(min_value=-(2**53), max_value=2**53))
def test_a_cursor_brings_back_what_went_in(text: str, number: int) -> None:
    cursor = encode_cursor(text, number)

    assert decode_cursor(cursor, kinds=(str, int)) == (text, number)


@given(st.text(max_size=60))
def test_a_forged_cursor_is_invalid_and_nothing_worse(cursor: str) -> None:
    with suppress(Invalid):
        assert [type(part) for part in decode_cursor(cursor, kinds=(str, int))] == [str, int]


@pytest.mark.parametrize("cursor", [encode_cursor(1), encode_cursor("a", True), "W" * 2_000, "é"])
def test_a_cursor_of_another_list_is_invalid(cursor: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(cursor, kinds=(str, int))


def test_a_row_too_many_says_that_there_is_more() -> None:
    page = cut([5, 4, 3], 2, key=lambda row: (row,), shape=str)
    last = cut([5, 4], 2, key=lambda row: (row,), shape=str)

    assert page.items == ["5", "4"]
    assert page.next is not None
    assert decode_cursor(page.next, kinds=(int,)) == (4,)
    assert last.next is None


async def test_the_link_keeps_the_rest_of_the_query(small_app: Quart) -> None:
    async with small_app.test_request_context("/api/v1/notes?count=2&cursor=old"):
        assert link_next("new") == {"Link": '</api/v1/notes?count=2&cursor=new>; rel="next"'}
        assert link_next(None) == {}
