import json

import pytest
from pydantic import JsonValue

from app.errors import Invalid
from app.errors import Stale
from app.features.devices.documents import DOCUMENT_MAX_BYTES
from app.features.devices.documents import DOCUMENT_MAX_LEVELS
from app.features.devices.documents import Document
from app.features.devices.shadow.document import NOTHING
from app.features.devices.shadow.document import difference


@pytest.mark.parametrize(
    ("desired", "reported", "lacking"),
    [
        ({}, {"own": 1}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": 1, "own": 2}, {}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3}}, {"a": {"y": 2}}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": [1, 2]}),
        ({"a": None}, {"a": 1}, {"a": None}),
        ({"a": None}, {}, {}),
        ({"a": True}, {"a": 1}, {"a": True}),
        ({"a": {"x": 1}}, {"a": 1}, {"a": {"x": 1}}),
    ],
)
def test_the_difference_is_what_the_device_has_yet_to_become(
    desired: Document, reported: Document, lacking: Document
) -> None:
    assert difference(desired, reported) == lacking


def test_a_wish_counts_up_and_one_that_says_the_same_does_not() -> None:
    once = NOTHING.wish({"a": 1})
    again = once.wish({"a": 1})
    other = again.wish({"a": 2}, expected_version=1)

    assert [one.desired_version for one in (NOTHING, once, again, other)] == [0, 1, 1, 2]


def test_a_wish_of_somebody_who_has_not_seen_the_last_one_is_refused() -> None:
    wished = NOTHING.wish({"a": 1})

    with pytest.raises(Stale, match="version 1"):
        wished.wish({"a": 2}, expected_version=0)


def test_a_report_that_comes_late_or_twice_changes_nothing() -> None:
    newest = NOTHING.report({"a": 2}, version=2)

    assert newest.report({"a": 1}, version=1) is newest
    assert newest.report({"a": 9}, version=2) is newest
    assert newest.report({"a": 3}, version=7).reported == {"a": 3}


def nested(levels: int) -> Document:
    document: Document = {}
    for _ in range(levels - 1):
        document = {"a": document}
    return document


def test_a_document_at_the_limits_is_kept() -> None:
    filling = DOCUMENT_MAX_BYTES - len(json.dumps({"a": ""}))

    assert NOTHING.wish({"a": "x" * filling}).desired_version == 1
    assert NOTHING.wish(nested(DOCUMENT_MAX_LEVELS)).desired_version == 1


@pytest.mark.parametrize(
    "document",
    [
        {"a": "x" * DOCUMENT_MAX_BYTES},
        nested(DOCUMENT_MAX_LEVELS + 1),
        {"a": float("nan")},
        {"a": [float("inf")]},
        {"a": "\0"},
        {"\0": 1},
        {"a": "\ud800"},
        {"n" * 101: 1},
    ],
    ids=["long", "deep", "nan", "infinity", "nul", "nul in a name", "half", "long name"],
)
def test_what_cannot_be_kept_is_refused_by_its_field(document: dict[str, JsonValue]) -> None:
    with pytest.raises(Invalid) as wished:
        NOTHING.wish(document)
    with pytest.raises(Invalid) as reported:
        NOTHING.report(document, version=1)

    assert set(wished.value.fields) == {"desired"}
    assert set(reported.value.fields) == {"reported"}


@pytest.mark.parametrize("version", [0, -1, 2**53])
def test_a_report_counts_from_one(version: int) -> None:
    with pytest.raises(Invalid) as refused:
        NOTHING.report({}, version=version)

    assert set(refused.value.fields) == {"version"}
