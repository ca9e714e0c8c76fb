"""The edge of the whole service, with everything that features add to it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient as Client

from app.resources import resources_of
from tests.patience import PATIENCE_SECONDS
from tests.people import Person

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
async def description(client: Client) -> dict[str, Any]:
    """Returns /openapi.json."""
    answer: dict[str, Any] = await (await client.get("/openapi.json")).get_json()
    return answer


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the name and the description of each operation."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


async def test_the_service_is_ready(app: Quart, client: Client) -> None:
    resources_of(app).health._check_seconds = PATIENCE_SECONDS

    response = await client.get("/readyz")

    assert response.status_code == 200
    assert (await response.get_json())["checks"]["postgresql"] == "ok"


async def test_a_problem_names_the_request_that_the_log_knows(client: Client) -> None:
    response = await client.get("/api/v1/nothing", headers={"X-Request-ID": "trace-0123456789"})

    assert response.headers["X-Request-ID"] == "trace-0123456789"
    assert (await response.get_json(force=True))["instance"] == "trace-0123456789"


async def test_every_reference_of_the_description_leads_somewhere(
    description: dict[str, Any],
) -> None:
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(description)))

    assert description["openapi"].startswith("3.1")
    assert referred
    assert referred <= set(description["components"]["schemas"])


async def test_every_operation_has_a_name_of_its_own_and_a_sentence(
    description: dict[str, Any],
) -> None:
    names = [operation["operationId"] for _, operation in operations(description)]
    without = [name for name, operation in operations(description) if not operation.get("summary")]

    assert names
    assert sorted(names) == sorted(set(names))
    assert without == []


async def test_every_operation_says_what_it_returns(description: dict[str, Any]) -> None:
    without = [
        name
        for name, operation in operations(description)
        if not any(status.startswith("2") for status in operation["responses"])
    ]

    assert without == []


async def test_an_anonymous_caller_gets_nowhere_but_where_the_description_says(
    client: Client, description: dict[str, Any]
) -> None:
    closed = {name: one for name, one in operations(description) if "security" in one}
    assert closed

    for name, operation in closed.items():
        method, address = name.split()
        for argument in operation["parameters"]:
            is_number = argument["schema"].get("type") == "integer"
            value = "1" if is_number else "00000000-0000-0000-0000-000000000001"
            address = address.replace(f"{{{argument['name']}}}", value)
        response = await client.open(address, method=method, headers={})
        assert (name, response.status_code) == (name, 401)


async def test_a_person_sees_the_first_page(ada: Person) -> None:
    page = await (await ada.client.get("/")).get_data(as_text=True)

    assert "Hello, <bdi>Ada</bdi>" in page
