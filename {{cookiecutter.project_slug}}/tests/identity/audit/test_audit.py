"""The audit log: what is written, by what, and that nothing takes it back."""

import ast
import re
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest
from quart import Quart
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import app as package
from app.database import Database
from app.identity import audit
from app.identity.audit import AuditRow
from app.identity.audit.events import AUDIT_EVENTS
from app.identity.audit.events import describe_events
from app.identity.audit.events import described_events
from app.principal import SYSTEM
from app.resources import resources_of
from tests.documents import ROOT
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import join

CALLER = {"client": ("192.0.2.7", 50_000)}
CHANGES = [
    "UPDATE audit_events SET event = 'nothing'",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
]


async def entries(database: Database) -> list[AuditRow]:
    async with database.reading() as session:
        return list(await session.scalars(select(AuditRow).order_by(AuditRow.id)))


def recorded_names() -> set[str]:
    """Returns the names that calls of ``audit.record`` spell out."""
    names: set[str] = set()
    for path in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                given = node.args[1]
                names |= {str(given.value)} if isinstance(given, ast.Constant) else set()
    return names


def test_the_page_tells_of_every_event_in_the_words_of_the_catalogue() -> None:
    page = (ROOT / "docs/audit.md").read_text().split("## Events")[1]

    assert dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", page, re.M)) == AUDIT_EVENTS


def test_every_event_that_the_code_records_is_in_the_catalogue(app: Quart) -> None:
    assert app, "features describe theirs when they are registered"
    recorded = recorded_names()

    assert recorded
    assert recorded - set(described_events()) == set()


def test_every_event_of_a_feature_stands_on_a_page_of_one(app: Quart) -> None:
    assert app, "features describe theirs when they are registered"
    pages = "".join(path.read_text() for path in (ROOT / "docs/features").glob("*.md"))

    theirs = {name: what for name, what in described_events().items() if name not in AUDIT_EVENTS}
    assert {n for n, what in theirs.items() if f"| `{n}` | {what} |" not in pages} == set()


def test_a_name_of_an_event_means_one_thing() -> None:
    with pytest.raises(ValueError, match="sign_out"):
        describe_events({"sign_out": "something else"})


def test_every_event_of_the_catalogue_is_named_in_the_code_that_records_it() -> None:
    files = list(Path(package.__file__).parent.rglob("*.py"))
    source = "".join(path.read_text() for path in files if path.name != "audit_events.py")

    assert [event for event in AUDIT_EVENTS if f'"{event}"' not in source] == []


async def test_an_entry_goes_with_the_transaction_of_its_change(database: Database) -> None:
    with pytest.raises(RuntimeError, match="no"):
        async with database.transaction() as work:
            await audit.record(work, "password.changed", who=SYSTEM)
            raise RuntimeError("no")
    async with database.transaction() as work:
        await audit.record(work, "user.disabled", who=SYSTEM)

    assert [entry.event for entry in await entries(database)] == ["user.disabled"]


@pytest.mark.parametrize("details", [{"password": "x"}, {"new_token": "x"}, {"note": "x" * 5_000}])
async def test_secrets_and_long_texts_are_refused(
    database: Database, details: dict[str, str]
) -> None:
    async with database.transaction() as work:
        with pytest.raises(ValueError, match=r"secret|4096 bytes"):
            await audit.record(work, "password.changed", who=SYSTEM, details=details)
        await audit.record(work, "api_token.created", who=SYSTEM, details={"token_id": "7"})


async def test_an_event_that_nobody_has_described_is_refused(database: Database) -> None:
    async with database.transaction() as work:
        with pytest.raises(LookupError, match="nothing"):
            await audit.record(work, "nothing.happened", who=SYSTEM)


@pytest.mark.parametrize("change", CHANGES)
async def test_nobody_takes_an_entry_back(database: Database, change: str) -> None:
    async with database.transaction() as work:
        await audit.record(work, "user.disabled", who=SYSTEM)

    with pytest.raises(DBAPIError, match="append only"):
        async with database.transaction() as work:
            await work.session.execute(text(change))

    assert [entry.event for entry in await entries(database)] == ["user.disabled"]


async def test_what_is_too_old_goes_and_the_rest_stays(database: Database) -> None:
    for days in (10, 40, 400):
        async with database.transaction() as work:
            values = {"event": "sign_out", "actor_kind": "system", "at": _ago(days)}
            await work.session.execute(insert(AuditRow).values(values))

    assert await audit.delete_old(database, days=365) == 1
    assert await audit.delete_old(database, days=1) == 1
    assert len(await entries(database)) == 1


async def test_coming_in_failing_to_and_going_out_are_told_with_address_and_request(
    app: Quart, database: Database
) -> None:
    ada = await join(app, "Ada")
    client = Browser(app)
    path = "/api/v1/accounts/sign-in"
    wrong = {"email": ada.user.email, "password": "not the right one"}
    nobody = {"email": "eve@example.com", "password": PASSWORD}
    right = {"email": ada.user.email, "password": PASSWORD}

    tries = [
        await client.post(
            path, json=body, headers={"X-Request-Id": f"request-{number}"}, scope_base=CALLER
        )
        for number, body in enumerate((wrong, nobody, right))
    ]
    await client.post("/api/v1/accounts/sign-out", scope_base=CALLER)

    told = (await entries(database))[1:]  # the first is how `join` signed her in
    assert [answer.status_code for answer in tries] == [401, 401, 200]
    assert [(entry.event, entry.subject_id, entry.actor_id) for entry in told] == [
        ("sign_in.failed", ada.user.id, None),
        ("sign_in.failed", None, None),
        ("sign_in.succeeded", ada.user.id, ada.user.id),
        ("sign_out", ada.user.id, ada.user.id),
    ]
    assert [entry.request_id for entry in told[:3]] == ["request-0", "request-1", "request-2"]
    assert [entry.address for entry in told] == ["192.0.2.7"] * 4
    assert PASSWORD not in str([entry.details for entry in told])


async def test_ended_sessions_and_new_passwords_are_told(
    app: Quart, ada: Person, database: Database
) -> None:
    identity = resources_of(app).identity
    await identity.sessions.begin(ada.user, "Safari on iPhone")

    await identity.sessions.endings.revoke_others(ada.principal)
    await identity.set_password(ada.user.id, "harbour lights at dusk", by=ada.principal)

    told = (await entries(database))[2:]
    assert [entry.event for entry in told] == [
        "session.revoked",
        "password.changed",
        "session.revoked",
    ]
    assert {entry.subject_id for entry in told} == {ada.user.id}
    assert {entry.actor_id for entry in told} == {ada.user.id}


async def test_a_person_from_nowhere_in_particular_is_told_without_an_address(
    app: Quart, database: Database
) -> None:
    await resources_of(app).identity.create_user(
        "lin@example.com", "Lin", PASSWORD, is_admin=True, by=SYSTEM
    )

    entry = (await entries(database))[0]
    assert (entry.event, entry.actor_kind, entry.address) == ("account.created", "system", None)
    assert entry.details == {"is_admin": True}
    assert entry.subject_id


def _ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
