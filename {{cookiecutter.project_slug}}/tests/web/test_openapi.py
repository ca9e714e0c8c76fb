"""The description of the REST interface."""

import json
import re

from quart import Quart


async def described(app: Quart) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """Returns the description."""
    answer: dict[str, dict[str, dict[str, dict[str, object]]]]
    answer = await (await app.test_client().get("/openapi.json")).get_json()
    return answer


async def test_shapes_are_named_once_and_referred_to(small_app: Quart) -> None:
    description = await described(small_app)
    text = json.dumps(description)
    names = set(re.findall(r"#/components/schemas/(\w+)", text))

    assert {"Note", "ProblemDocument", "Readiness"} <= names
    assert names <= set(description["components"]["schemas"])
    assert text.count('"title": "Note"') == 1


async def test_only_what_programs_call_is_described(small_app: Quart) -> None:
    paths = (await described(small_app))["paths"]

    assert "/api/v1/notes" in paths
    assert not [path for path in paths if path in {"/", "/notes"} or path.startswith("/static")]


async def test_operations_say_who_may_call_and_how_they_fail(small_app: Quart) -> None:
    paths = (await described(small_app))["paths"]

    assert paths["/api/v1/mine"]["get"]["security"] == [{"session": []}]
    assert "security" not in paths["/api/v1/open"]["get"]
    responses = paths["/api/v1/mine"]["get"]["responses"]
    assert isinstance(responses, dict)
    assert responses["401"] == {"$ref": "#/components/responses/BadTokenOrUnauthenticated"}
    assert "default" not in responses
