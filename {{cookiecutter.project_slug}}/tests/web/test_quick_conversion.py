"""Answers are converted by a plan that is made once for each type."""

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import TypeAdapter
from quart import Quart
from quart_schema import QuartSchema

from app.web.quick_conversion import remember_adapters


@dataclass
class Row:
    name: str


async def plans_for_three_answers(monkeypatch: pytest.MonkeyPatch, *, remembered: bool) -> int:
    made = []

    def counted(kind: Any) -> TypeAdapter[Any]:
        made.append(kind)
        return TypeAdapter(kind)

    monkeypatch.setattr("app.web.quick_conversion.TypeAdapter", counted)
    monkeypatch.setattr("quart_schema.conversion.TypeAdapter", counted)
    if remembered:
        remember_adapters()
    app = Quart("answers", static_folder=None)
    QuartSchema(app, conversion_preference="pydantic")

    @app.get("/row")
    async def row() -> Any:
        return Row("a")

    for _ in range(3):
        answer = await app.test_client().get("/row")
        assert await answer.get_json() == {"name": "a"}
    return made.count(Row)


async def test_a_plan_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await plans_for_three_answers(monkeypatch, remembered=True) == 1


async def test_without_that_one_is_made_for_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await plans_for_three_answers(monkeypatch, remembered=False) == 3
