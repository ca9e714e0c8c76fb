"""Figures over REST: who may see which, ranges that make no sense, a download."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest
from quart import Quart

from tests.features.dashboards.conftest import Keepers
from tests.people import Person

BASE = "/api/v1/dashboards/figures"
SECRET = ("cpu.host", "memory.host", "loop.lag", "database.connections", "jobs.waiting")


async def answer(person: Person, path: str, **query: str) -> tuple[int, Any]:
    """Returns status and body of a request for figures."""
    response = await person.client.get(f"{BASE}{path}", query_string=query)
    return response.status_code, await response.get_json()


async def test_operators_see_the_machines_and_others_how_busy_the_service_is(
    keepers: Keepers, operator: Person, mallory: Person
) -> None:
    await keepers.named("only").tick()

    _, theirs = await answer(operator, "")
    status, others = await answer(mallory, "")

    seen = {one["name"]: one for one in theirs["items"]}
    assert status == 200
    assert set(SECRET) <= set(seen)
    assert seen["memory.process"]["value"] > 1e6
    assert seen["memory.process"]["topic"] == "figures:operators"
    assert {one["name"] for one in others["items"]} == set(seen) - {
        name for name, one in seen.items() if one["audience"] == "operators"
    }
    assert not {one["name"] for one in others["items"]} & set(SECRET)


@pytest.mark.parametrize("path", ["/range", "/export"])
async def test_a_figure_for_operators_is_refused_to_others_by_every_way(
    keepers: Keepers, operator: Person, mallory: Person, path: str
) -> None:
    await keepers.named("only").tick()
    every = {"every": "second"} if path == "/export" else {}
    soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    wanted = {"figures": "cpu.process", "until": soon, **every}

    seen = await operator.client.get(BASE + path, query_string=wanted)
    refused = await mallory.client.get(BASE + path, query_string=wanted)
    everything = await mallory.client.get(BASE + path, query_string={"until": soon, **every})

    assert seen.status_code == 200
    assert "cpu.process" in await seen.get_data(as_text=True)
    assert refused.status_code == 403
    assert everything.status_code == 200
    assert "cpu." not in await everything.get_data(as_text=True)
    assert "requests.rate" in await everything.get_data(as_text=True)


async def test_a_download_is_csv_to_be_saved(keepers: Keepers, operator: Person) -> None:
    await keepers.named("only").tick()
    soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()

    response = await operator.client.get(
        f"{BASE}/export",
        query_string={"every": "second", "figures": "processes", "until": soon},
    )

    assert response.content_type == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["Content-Disposition"]
    [header, row] = (await response.get_data(as_text=True)).splitlines()
    assert header == "figure,at,least,mean,most,seconds"
    assert row.startswith("processes,2")
    assert row.endswith(",1.0,1.0,1.0,1")


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("figures", {"figures": "cpu.moon"}),
        ("figures", {"figures": "x" * 2_000}),
        ("since", {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}),
        ("since", {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}),
        ("since", {"since": "NaN"}),
        ("since", {"since": "Infinity"}),
        ("since", {"since": "2026-01-01T00:00:00"}),
        ("since", {"since": "0001-01-01T00:00:00Z"}),
        ("until", {"until": "9999-12-31T23:59:59Z"}),
        ("until", {"until": "1e300"}),
        ("points", {"points": "2001"}),
        ("points", {"points": "0"}),
        ("points", {"points": "-5"}),
        ("points", {"points": "NaN"}),
        ("points", {"points": "9" * 400}),
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_told_field_by_field(
    ada: Person, field: str, query: dict[str, str]
) -> None:
    status, problem = await answer(ada, "/range", **query)

    assert status in {400, 422}, problem
    assert field in {error["field"] for error in problem["errors"]}, problem


async def test_nobody_sees_anything_without_signing_in(app: Quart) -> None:
    for path in ("", "/range", "/export"):
        response = await app.test_client().get(BASE + path)
        assert response.status_code == 401
