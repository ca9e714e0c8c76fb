"""The pages of administrators: who sees them, what is on them, and what their buttons do."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from quart import Quart
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text

from app.database import Database
from app.features.administration.frame import SECTIONS
from app.features.administration.frame import for_how_long
from app.identity.audit import AuditRow
from app.identity.tables import UserRow
from app.resources import resources_of
from app.roles import AUDITOR
from tests.people import Person
from tests.people import join
from tests.people import sign_in

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff " * 2
FAILED = text("""
    INSERT INTO pgqueuer (priority, status, entrypoint, payload)
    VALUES (0, 'failed', 'tests.nothing', 'a link that opens an account') RETURNING id
""")


@pytest.fixture
async def root(app: Quart) -> Person:
    """Returns an administrator, signed in."""
    return await join(app, "Root", is_admin=True)


async def events(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(AuditRow.event).order_by(AuditRow.id)))


@pytest.mark.parametrize("url", [section.url for section in SECTIONS])
async def test_a_section_is_for_those_with_the_right_to_read(
    app: Quart, root: Person, ada: Person, url: str
) -> None:
    shown = await root.client.get(url)

    assert shown.status_code == 200
    assert (await ada.client.get(url)).status_code == 403
    assert (await app.test_client().get(url)).status_code == 303


async def test_only_who_may_go_there_is_shown_the_way(root: Person, ada: Person) -> None:
    seen = [await (await who.client.get("/")).get_data(as_text=True) for who in (root, ada)]

    assert ["/administration" in page for page in seen] == [True, False]


async def test_an_auditor_sees_and_has_no_buttons(app: Quart, root: Person, ada: Person) -> None:
    identity = resources_of(app).identity
    await identity.people.give_role(root.principal, ada.user.id, AUDITOR)
    user = await identity.find_user(ada.user.id)
    assert user is not None
    auditor = await sign_in(app, user)

    page = await auditor.client.get(f"/administration/people/{root.user.id}")
    denied = await auditor.client.post(f"/administration/people/{root.user.id}/disable")

    assert page.status_code == 200
    assert "/disable" not in await page.get_data(as_text=True)
    assert denied.status_code == 403


async def test_a_thousand_people_are_paged_without_a_gap(
    app: Quart, root: Person, database: Database
) -> None:
    begun = datetime.now(UTC)
    rows = [
        {
            "email": f"{number}@example.com",
            "name": LONG_NAME if number == 0 else f"Person {number}",
            "password_hash": "none",
            "created_at": begun - timedelta(seconds=number // 7),
        }
        for number in range(1_000)
    ]
    async with database.transaction() as work:
        await work.session.execute(insert(UserRow), rows)
    path, seen = "/api/v1/administration/people?count=200", []
    while path:
        answer = await root.client.get(path)
        seen += [person["email"] for person in (await answer.get_json())["items"]]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert len(seen) == len(set(seen)) == 1_001
    page = await (await root.client.get("/administration/people?q=wolfe")).get_data(as_text=True)
    assert LONG_NAME in page
    assert 'rel="next"' in await (await root.client.get("/administration/people")).get_data(
        as_text=True
    )


async def test_buttons_shut_out_let_in_and_give_roles_and_the_log_tells(
    root: Person, ada: Person, database: Database
) -> None:
    url = f"/administration/people/{ada.user.id}"
    before = len(await events(database))

    answers = [
        await root.client.post(f"{url}/{change}")
        for change in ("disable", "enable", "roles/auditor/give", "roles/auditor/take")
    ]

    assert [answer.status_code for answer in answers] == [303] * 4
    assert (await events(database))[before:] == [
        "user.disabled",
        "user.enabled",
        "user.role_given",
        "user.role_taken",
    ]


async def test_the_last_administrator_is_told_why_not(root: Person) -> None:
    url = f"/administration/people/{root.user.id}"

    refused = await root.client.post(f"{url}/roles/administrator/take")
    nobody = await root.client.post(f"{url}/roles/emperor/give")

    assert refused.status_code == 409
    assert "no administrator left" in await refused.get_data(as_text=True)
    assert nobody.status_code == 422


async def test_names_in_a_page_are_text_and_nothing_else(app: Quart, root: Person) -> None:
    identity = resources_of(app).identity
    await identity.create_user("eve@example.com", "<script>x</script>", "a good long password")

    page = await (await root.client.get("/administration/people")).get_data(as_text=True)

    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


async def test_the_log_is_filtered_and_a_filter_that_makes_no_sense_says_so(
    root: Person, ada: Person
) -> None:
    url = "/api/v1/administration/audit"
    all_of_them = (await (await root.client.get(url)).get_json())["items"]
    hers = (await (await root.client.get(f"{url}?person={ada.user.id}")).get_json())["items"]
    none = (await (await root.client.get(f"{url}?event=sign_out")).get_json())["items"]
    old = (await (await root.client.get(f"{url}?until=2020-01-01T00:00:00Z")).get_json())["items"]
    wrong = await root.client.get("/administration/audit?person=ada")
    days = await root.client.get("/administration/audit?since=2020-01-01&until=2020-01-02")

    assert len(all_of_them) == 2
    assert [entry["subject"] for entry in hers] == ["Ada"]
    assert (none, old) == ([], [])
    assert wrong.status_code == 422
    assert "Nothing of this kind" in await days.get_data(as_text=True)


async def test_the_log_is_downloaded_line_by_line_and_notes_that(
    root: Person, database: Database
) -> None:
    answer = await root.client.get("/api/v1/administration/audit/export")
    lines = (await answer.get_data(as_text=True)).splitlines()

    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    assert len(lines) == 2
    assert (await events(database))[-1] == "audit.exported"


async def test_a_job_that_failed_is_tried_again_and_shows_nothing_of_what_it_carries(
    root: Person, database: Database
) -> None:
    async with database.transaction() as work:
        job = await work.session.scalar(FAILED)
    page = await (await root.client.get("/administration/jobs")).get_data(as_text=True)

    answer = await root.client.post(f"/administration/jobs/{job}/retry")
    again = await root.client.post(f"/api/v1/administration/jobs/{job}/retry")
    waiting = await (await root.client.get("/api/v1/administration/jobs?status=queued")).get_json()

    assert "tests.nothing" in page
    assert "a link that opens" not in page
    assert (answer.status_code, again.status_code) == (303, 404)
    assert [one["id"] for one in waiting["items"]] == [job]
    assert waiting["counts"]["failed"] == 0
    assert (await events(database))[-1] == "job.retried"


async def test_what_is_connected_is_shown_and_cutting_is_noted(
    root: Person, database: Database
) -> None:
    overview = await (await root.client.get("/api/v1/administration/realtime")).get_json()
    cut = await root.client.delete("/api/v1/administration/realtime/connections/nobody")

    assert overview["is_whole"] is True
    assert [one["connections"] for one in overview["processes"]] == [0]
    assert cut.status_code == 204
    assert (await events(database))[-1] == "connection.disconnected"


@pytest.mark.parametrize(
    ("seconds", "told"), [(5, "5 s"), (65, "1 min 5 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_a_length_of_time_has_two_units(seconds: float, told: str) -> None:
    assert for_how_long(seconds) == told
