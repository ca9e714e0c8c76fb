"""What needs no conversion is not converted, and answers are the same."""

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel
from quart import Quart
from quart import Response

from app.web.openapi import install_openapi
from app.web.quick_conversion import converting_what_needs_it


class Note(BaseModel):
    title: str


@dataclass
class Row:
    name: str


@pytest.mark.parametrize(
    ("result", "is_converted"),
    [
        ({"message": "hello", "count": 1, "share": 0.5, "is_it": True, "none": None}, False),
        ({}, False),
        ("text", False),
        (b"bytes", False),
        (Response("made"), False),
        ({"note": Note(title="a")}, True),
        ({"nested": {"a": 1}}, True),
        ([{"a": 1}], True),
        (Note(title="a"), True),
        (Row("a"), True),
        (({"a": 1}, 201), True),
    ],
)
async def test_only_what_needs_it_is_converted(result: Any, is_converted: bool) -> None:
    ways = []

    async def plain(value: Any) -> None:
        ways.append(False)

    async def converting(value: Any) -> None:
        ways.append(True)

    await converting_what_needs_it(plain, converting)(result)

    assert ways == [is_converted]


@pytest.mark.parametrize(
    "value",
    [{"a": 1, "b": "é", "c": None}, "text", {"note": Note(title="a")}, Note(title="a"), Row("a")],
)
async def test_answers_are_those_of_the_conversion(value: Any) -> None:
    answers = []
    for is_short in (True, False):
        app = Quart("answers", static_folder=None)
        install_openapi(app, title="Answers", cookie_name="session", is_shown=False)
        if not is_short:
            app.make_response = app.make_response.__closure__[0].cell_contents  # type: ignore
        app.add_url_rule("/", "view", lambda: value)
        answer = await app.test_client().get("/")
        answers.append((answer.status_code, dict(answer.headers), await answer.get_data()))

    assert answers[0] == answers[1]
