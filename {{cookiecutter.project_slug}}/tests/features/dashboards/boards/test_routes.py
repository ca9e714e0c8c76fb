"""Own dashboards over REST: composing, changing, listing, sharing; and who gets nothing."""

import json
from typing import Any

from quart import Quart

from app.features.dashboards.boards import service
from app.features.dashboards.boards.document import BoardDraft
from app.features.dashboards.boards.schemas import PERSON_MAX_BOARDS
from app.resources import Resources
from tests.people import Person

BOARDS = "/api/v1/dashboards/boards"
RATE = {"title": "Requests", "figures": ["requests.rate"]}
NIGHT: dict[str, Any] = {"name": "Night", "panels": [RATE]}


async def made(person: Person, body: dict[str, Any] = NIGHT) -> dict[str, Any]:
    """Returns a new dashboard of somebody."""
    answer = await person.client.post(BOARDS, json=body)
    assert answer.status_code == 201, await answer.get_data(as_text=True)
    board: dict[str, Any] = await answer.get_json()
    return board


async def test_a_dashboard_is_composed_renamed_reordered_and_deleted(
    ada: Person, grace: Person
) -> None:
    failed = {"title": "Failed", "kind": "area", "span": 3, "figures": ["requests.failed"]}
    board = await made(ada, {"name": "Night", "panels": [RATE, failed]})
    url = f"{BOARDS}/{board['id']}"
    read = await ada.client.get(url)
    assert (await read.get_json()) == board

    turned = {"name": "Day", "panels": [failed, RATE]}
    tag = {"If-Match": read.headers["ETag"]}
    changed = await ada.client.put(url, json=turned, headers=tag)
    late = await ada.client.put(url, json=NIGHT, headers=tag)
    after = await (await ada.client.get(url)).get_json()
    assert (changed.status_code, late.status_code, after["version"]) == (200, 412, 2)
    assert [panel["title"] for panel in after["panels"]] == ["Failed", "Requests"]

    assert [(await grace.client.get(one)).status_code for one in (url, f"{url}/links")] == [404] * 2
    assert (await grace.client.put(url, json=NIGHT)).status_code == 404
    assert (await grace.client.post(f"{url}/links")).status_code == 404
    assert (await grace.client.delete(url)).status_code == 404
    assert (await ada.client.delete(url)).status_code == 204
    assert (await ada.client.get(url)).status_code == 404


async def test_nothing_is_stored_of_a_dashboard_that_makes_no_sense(ada: Person) -> None:
    board = await made(ada)
    wrong: list[dict[str, Any]] = [
        {"name": "", "panels": [RATE]},
        {"name": "Thousand", "panels": [RATE] * 1_000},
        {"name": "Ghosts", "panels": [{**RATE, "figures": ["no.such"]}]},
        {"name": "Operators", "panels": [{**RATE, "figures": ["cpu.host"]}]},
        {"name": "Both", "panels": [{**RATE, "topic": "a:b"}]},
        {"name": "Wide", "panels": [{**RATE, "span": 99}]},
        {"name": "Old", "panels": "all"},
        {"panels": [RATE]},
    ]

    made_ = [await ada.client.post(BOARDS, json=body) for body in wrong]
    put = [await ada.client.put(f"{BOARDS}/{board['id']}", json=body) for body in wrong]

    assert {answer.status_code for answer in made_ + put} <= {400, 422}
    assert "at most 24 items" in json.dumps(await made_[1].get_json())
    assert "no.such" in json.dumps(await made_[2].get_json())
    assert (await (await ada.client.get(BOARDS)).get_json())["items"] == [
        {
            "id": board["id"],
            "name": "Night",
            "panel_count": 1,
            "version": 1,
            "changed_at": board["changed_at"],
        }
    ]


async def test_the_list_is_read_page_by_page_and_is_not_endless(
    resources: Resources, ada: Person, grace: Person
) -> None:
    for number in range(PERSON_MAX_BOARDS):
        draft = BoardDraft(name=f"Board {number}")
        await service.create_board(ada.principal, resources.database, draft=draft)

    names, url = [], f"{BOARDS}?count=40"
    while url:
        page = await (await ada.client.get(url)).get_json()
        names += [one["name"] for one in page["items"]]
        url = f"{BOARDS}?count=40&cursor={page['next']}" if page["next"] else ""

    assert names == [f"Board {number}" for number in reversed(range(PERSON_MAX_BOARDS))]
    assert (await ada.client.post(BOARDS, json=NIGHT)).status_code == 409
    assert (await (await grace.client.get(BOARDS)).get_json())["items"] == []


async def test_what_dashboards_hold_of_a_person_is_handed_out_and_goes_with_them(
    app: Quart, resources: Resources, ada: Person, grace: Person
) -> None:
    await made(ada)
    await made(grace)
    data = resources.identity.personal_data

    async with resources.database.reading() as session:
        held = (await data.export(session, ada.principal.own_id))["dashboards"]
    async with resources.database.transaction() as work:
        await data.erase(work, ada.principal.own_id)

    assert isinstance(held, dict)
    assert json.dumps(held["dashboards"]).count("Night") == 1
    assert (await (await ada.client.get(BOARDS)).get_json())["items"] == []
    assert len((await (await grace.client.get(BOARDS)).get_json())["items"]) == 1
