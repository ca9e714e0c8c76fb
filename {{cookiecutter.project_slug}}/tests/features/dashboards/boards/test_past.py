"""The history of a dashboard: each panel as far back as it goes, for its owner and for guests."""

from datetime import UTC
from datetime import datetime
from typing import Any

from quart import Quart
from sqlalchemy import update

from app.features.dashboards.boards.sharing import PREFIX
from app.features.dashboards.figures.history import POINTS_MOST
from app.identity.tables import UserRow
from app.identity.tokens.format import new_api_token
from app.resources import Resources
from app.settings import Settings
from tests.features.dashboards.boards.test_routes import BOARDS
from tests.features.dashboards.boards.test_routes import made
from tests.features.dashboards.boards.test_sharing import mistyped
from tests.features.dashboards.boards.test_sharing import shared
from tests.people import Person
from tests.servers import connection

SHARED = f"{BOARDS}/shared/history"
RANGE = "/api/v1/dashboards/figures/range"
FIGURES = ["requests.rate", "requests.failed", "cpu.host"]
PAST = """
    WITH figures AS (SELECT unnest($1::text[]) AS figure),
    seconds AS (
        INSERT INTO dashboards_seconds SELECT figure, at, 7 FROM figures,
        generate_series(date_trunc('second', now()) - interval '1 hour', now(), '1 s') AS at),
    minutes AS (
        INSERT INTO dashboards_minutes SELECT figure, at, 1, 9, 7, 60 FROM figures,
        generate_series(date_trunc('minute', now()) - interval '8 days', now(), '1 min') AS at)
    INSERT INTO dashboards_hours SELECT figure, at, 1, 9, 7, 3600 FROM figures,
    generate_series(date_trunc('hour', now()) - interval '30 days', now(), '1 hour') AS at
"""


async def remember(settings: Settings) -> None:
    """Stores a month in which every figure is seven."""
    async with connection(settings.database.url) as raw:
        await raw.execute(PAST, FIGURES)


def panels(*spans: int, figure: str = "requests.rate") -> dict[str, Any]:
    """Returns a dashboard with a panel for each span of minutes."""
    return {
        "name": "Long ago",
        "panels": [{"title": str(n), "minutes": n, "figures": [figure]} for n in spans],
    }


async def past_of(person: Person, board_id: str) -> Any:
    """Returns the history of a dashboard of somebody's."""
    answer = await person.client.get(f"{BOARDS}/{board_id}/history")
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    return await answer.get_json()


async def test_each_panel_goes_back_as_far_as_it_says_in_as_many_points_as_a_chart_shows(
    settings: Settings, ada: Person
) -> None:
    await remember(settings)
    board = await made(ada, panels(15, 60, 1_440, 10_080, 43_200, 15))

    told = await past_of(ada, board["id"])

    widths = {span["minutes"]: span["bucket_seconds"] for span in told["spans"]}
    assert widths == {15: 1, 60: 4, 1_440: 120, 10_080: 660, 43_200: 3_600}
    for span in told["spans"]:
        [series] = span["series"]
        reach = told["now"] - series["at"][0]
        assert 0.9 * 60 * span["minutes"] < reach <= 60 * span["minutes"] + span["bucket_seconds"]
        assert len(series["at"]) <= POINTS_MOST / 2 + 1
        assert set(series["mean"]) == {7.0}


async def test_only_the_owner_reads_it_and_panels_of_topics_have_none(
    settings: Settings, ada: Person, grace: Person
) -> None:
    await remember(settings)
    topic = {"title": "Boiler", "topic": "boilers:7"}
    board = await made(ada, {"name": "Live", "panels": [topic]})

    assert (await past_of(ada, board["id"]))["spans"] == []
    assert (await grace.client.get(f"{BOARDS}/{board['id']}/history")).status_code == 404


async def test_a_guest_reads_the_past_of_the_figures_on_that_dashboard_and_nothing_else(
    app: Quart, settings: Settings, ada: Person
) -> None:
    await remember(settings)
    board, token, link_id = await shared(ada)
    guest = app.test_client()
    more = {"figures": "requests.failed,cpu.host", "since": "2020-01-01T00:00:00Z", "minutes": "60"}

    read = await guest.get(SHARED, query_string={"link": token, **more})
    told = await read.get_json()
    elsewhere = [
        await guest.get(f"{BOARDS}/{board['id']}/history", query_string={"link": token}),
        await guest.get(RANGE, query_string={"link": token, "figures": "requests.rate"}),
        await guest.get(RANGE, headers={"Authorization": f"Bearer {token}"}),
        await guest.get(f"{BOARDS}/{board['id']}", query_string={"link": token}),
    ]

    assert read.status_code == 200
    assert [(one["minutes"], len(one["series"])) for one in told["spans"]] == [(15, 1)]
    [series] = told["spans"][0]["series"]
    assert (series["figure"], set(series["mean"])) == ("requests.rate", {7.0})
    assert told["now"] - series["at"][0] <= 901
    assert read.headers["Cache-Control"] == "no-store"
    assert read.headers["Referrer-Policy"] == "no-referrer"
    assert [answer.status_code for answer in elsewhere] == [401] * 4
    wrong = ("", "nonsense", mistyped(token), new_api_token(PREFIX), PREFIX + "0" * 190)
    missed = [await guest.get(SHARED, query_string={"link": one}) for one in wrong]
    assert [answer.status_code for answer in missed] == [404] * len(wrong)
    assert (await guest.get(SHARED, query_string={"link": "x" * 300})).status_code == 422
    assert (await ada.client.delete(f"{BOARDS}/{board['id']}/links/{link_id}")).status_code == 204
    assert (await guest.get(SHARED, query_string={"link": token})).status_code == 404


async def test_what_the_owner_may_not_see_any_more_no_guest_sees_either(
    app: Quart, settings: Settings, resources: Resources, operator: Person
) -> None:
    await remember(settings)
    both = panels(15)
    both["panels"] += panels(60, figure="cpu.host")["panels"]
    _, token, _ = await shared(operator, both)
    guest = app.test_client()

    async def read() -> list[int]:
        answer = await guest.get(SHARED, query_string={"link": token})
        return [span["minutes"] for span in (await answer.get_json())["spans"]]

    assert await read() == [15, 60]
    async with resources.database.transaction() as work:
        await work.session.execute(update(UserRow).values(roles=[]))
    assert await read() == [15]
    async with resources.database.transaction() as work:
        await work.session.execute(update(UserRow).values(disabled_at=datetime.now(UTC)))
    assert (await guest.get(SHARED, query_string={"link": token})).status_code == 404
