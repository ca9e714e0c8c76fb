"""JSON of answers: quick, and right where the standard library is not."""

import json
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart

from app.transport import QuickJSON
from app.transport.ranged_response import RangedResponse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def quick() -> QuickJSON:
    return QuickJSON(Quart("json", static_folder=None))


@given(value=VALUES)
def test_it_means_what_the_standard_library_means(value: object) -> None:
    quick = QuickJSON(Quart("json", static_folder=None))

    assert json.loads(quick.dumps(value)) == value


def test_members_stand_in_their_own_order(quick: QuickJSON) -> None:
    assert quick.dumps({"b": 1, "a": 2}) == '{"b":1,"a":2}'


def test_there_is_no_number_that_json_does_not_have(quick: QuickJSON) -> None:
    assert quick.dumps([float("nan"), float("inf")]) == "[null,null]"


def test_values_of_the_service_are_written_as_its_shapes_have_them(quick: QuickJSON) -> None:
    @dataclass
    class Row:
        id: UUID
        at: datetime
        price: Decimal

    row = Row(UUID(int=7), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), Decimal("1.10"))

    assert json.loads(quick.dumps(row)) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "at": "2026-01-02T03:04:05Z",
        "price": "1.10",
    }


def test_what_is_no_json_is_refused(quick: QuickJSON) -> None:
    with pytest.raises(TypeError):
        quick.dumps(object())


def test_what_only_the_standard_library_can_is_left_to_it(quick: QuickJSON) -> None:
    assert quick.dumps({"b": 1, "a": [2]}, indent=1, sort_keys=True).splitlines()[1] == ' "a": ['


def test_an_answer_is_the_one_that_its_class_would_make() -> None:
    app = Quart("json", static_folder=None)
    app.response_class = RangedResponse
    made = QuickJSON(app).response({"a": 1})
    usual = RangedResponse(b'{"a":1}', mimetype="application/json")

    ours, theirs = vars(made), vars(usual)
    assert ours.keys() == theirs.keys()
    assert list(made.headers) == list(usual.headers)
    assert (made.status, made.status_code, made.timeout) == (usual.status, 200, usual.timeout)
    assert vars(made.response) == vars(usual.response)
