"""The description of the interface and its page: complete, harmless, and not in production."""

import re
from typing import Literal
from typing import cast

import pytest
from quart import Quart
from quart.typing import ResponseReturnValue

from app.factory import create_app
from app.settings import Settings
from app.settings import WebSettings
from app.web import guard
from app.web import limit
from app.web import public
from app.web.openapi import description_of
from app.web.problem_types import ALL
from app.web.row_ids import ROW_ID_MAX
from tests.people import Person

PATHS = ["/docs", "/openapi.json", "/asyncapi.json"]


def shown(settings: Settings, environment: str, interface: str) -> set[str]:
    """Returns which of the descriptions an application has."""
    web = WebSettings.model_construct(interface=cast("Literal['auto']", interface))
    copied = settings.model_copy(update={"environment": environment, "web": web})
    return {rule.rule for rule in create_app(copied).url_map.iter_rules()} & set(PATHS)


@pytest.mark.parametrize(
    ("environment", "interface", "is_there"),
    [
        ("production", "auto", False),
        ("production", "shown", True),
        ("development", "auto", True),
        ("development", "hidden", False),
    ],
)
def test_the_descriptions_are_not_there_in_production_unless_somebody_said_so(
    settings: Settings, environment: str, interface: str, *, is_there: bool
) -> None:
    assert shown(settings, environment, interface) == (set(PATHS) if is_there else set())


async def test_the_page_shows_every_call_and_every_shape(app: Quart, ada: Person) -> None:
    page = await (await ada.client.get("/docs")).get_data(as_text=True)

    described = description_of(app)
    names = {one["operationId"] for calls in described["paths"].values() for one in calls.values()}
    assert names
    assert {name for name in names if f'id="{name}"' not in page} == set()
    shapes = described["components"]["schemas"]
    assert {name for name in shapes if f'id="shape-{name}"' not in page} == set()


async def test_the_page_needs_nothing_inline_and_nothing_from_elsewhere(ada: Person) -> None:
    page = await (await ada.client.get("/docs")).get_data(as_text=True)

    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page) == []
    assert [link for link in re.findall(r'(?:src|href)="([^"]+)"', page) if "//" in link] == []


async def test_every_failure_that_is_described_is_in_the_catalogue(app: Quart) -> None:
    responses = description_of(app)["components"]["responses"]

    uris = {
        uri
        for response in responses.values()
        for schema in response["content"]["application/problem+json"]["schema"]["allOf"][1:]
        for uri in schema["properties"]["type"]["enum"]
    }

    assert len(uris) > 10
    assert uris <= {kind.uri for kind in ALL}


async def test_the_address_of_every_problem_leads_to_its_page(ada: Person) -> None:
    answers = {kind.uri: await ada.client.get(kind.uri) for kind in ALL}

    assert {uri for uri, answer in answers.items() if answer.status_code != 200} == set()
    pages = {kind: await answers[kind.uri].get_data(as_text=True) for kind in ALL}
    assert {kind.slug for kind, page in pages.items() if kind.title not in page} == set()


@pytest.mark.parametrize("number", [10**18, 2**63, 10**40])
async def test_a_number_that_no_row_can_have_is_an_address_that_is_not_there(
    small_app: Quart, number: int
) -> None:
    @small_app.delete("/api/v1/rows/<int:row_id>")
    @guard(public)
    @limit("1000/minute")
    async def remove(row_id: int) -> ResponseReturnValue:
        return {"row": row_id}

    client = small_app.test_client()
    last = await client.delete(f"/api/v1/rows/{ROW_ID_MAX}")

    beyond = await client.delete(f"/api/v1/rows/{number}")

    assert (last.status_code, beyond.status_code) == (200, 404)
