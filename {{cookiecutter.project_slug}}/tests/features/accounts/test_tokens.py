"""API tokens (W21): what they open, what they do not, and how they end."""

import re
from datetime import UTC
from datetime import datetime
from typing import Any

import pytest
from quart import Quart
from quart import session
from quart.testing import QuartClient
from sqlalchemy import select
from sqlalchemy import text

from app.errors import Unauthenticated
from app.identity.sessions import store
from app.identity.tables import ApiTokenRow
from app.identity.tokens.format import hash_of
from app.identity.tokens.format import looks_right
from app.identity.tokens.format import new_api_token
from app.resources import resources_of
from app.web import guard
from app.web import limit
from app.web import scope
from app.web import signed_in
from app.web.bearer import scope_of
from tests.people import Browser
from tests.people import Person
from tests.people import let_proof_grow_old

TOKENS = "/api/v1/accounts/tokens"
ME = "/api/v1/accounts/me"


async def made(person: Person, *scopes: str, days: int = 7) -> dict[str, Any]:
    body = {"name": "Harbour bot", "scopes": scopes or ["account:read"], "days": days}
    response = await person.client.post(TOKENS, json=body)
    assert response.status_code == 201
    document: dict[str, Any] = await response.get_json()
    return document


def program(app: Quart, secret: str) -> QuartClient:
    """Returns a client that is no browser: no origin, no cookie, only the token."""

    class Program(QuartClient):
        async def open(self, *args: Any, headers: Any = None, **options: Any) -> Any:
            bearer = {"Authorization": f"Bearer {secret}"}
            return await super().open(*args, headers={**bearer, **(headers or {})}, **options)

    return Program(app)


@pytest.fixture
def harbour(app: Quart) -> Quart:
    """Returns the application with routes that tokens may call, and one that they may not."""

    @app.post("/api/v1/lamp")
    @guard(signed_in)
    @scope("account:read")
    @limit("1000/minute")
    async def lamp() -> dict[str, str]:
        session["lamp"] = "lit"
        return {"lamp": "lit"}

    @app.post("/api/v1/undeclared")
    @guard(signed_in)
    @limit("1000/minute")
    async def undeclared() -> dict[str, str]:
        return {}

    return app


async def test_a_session_that_has_ended_makes_none_though_it_is_still_remembered(
    app: Quart, ada: Person
) -> None:
    resources = resources_of(app)
    tokens = resources.identity.tokens
    await tokens.issue(ada.principal, name="Bot", scopes=["account:read"], days=7)
    async with resources.database.transaction() as work:  # by another process
        await store.remove(work.session, ada.user.id)

    with pytest.raises(Unauthenticated):
        await tokens.issue(ada.principal, name="Spare key", scopes=["account:read"], days=7)

    assert [token.name for token in await tokens.list(ada.principal)] == ["Bot"]


async def test_a_token_opens_what_its_scope_says(app: Quart, ada: Person) -> None:
    token = await made(ada, "account:read")

    response = await program(app, token["secret"]).get(ME)

    assert response.status_code == 200
    assert (await response.get_json())["user"]["email"] == "ada@example.com"


async def test_a_route_that_declares_another_scope_or_none_is_closed(
    harbour: Quart, ada: Person
) -> None:
    resources_of(harbour).identity.scopes.add("lamp:dim", "Dim the lamp")
    client = program(harbour, (await made(ada, "lamp:dim"))["secret"])

    other = await client.get(ME)
    none = await client.post("/api/v1/undeclared")

    assert (other.status_code, none.status_code) == (403, 403)
    assert (await other.get_json())["type"] == "/problems/scope-needed"
    assert (await other.get_json())["scope"] == "account:read"
    assert 'scope="account:read"' in other.headers["WWW-Authenticate"]
    assert (await ada.client.post("/api/v1/undeclared")).status_code == 200


async def test_every_scope_that_a_route_declares_has_a_description(app: Quart) -> None:
    scopes = resources_of(app).identity.scopes
    declared = {name for view in app.view_functions.values() if (name := scope_of(view))}

    assert declared
    assert [name for name in declared if name not in scopes] == []


@pytest.mark.parametrize(
    "secret",
    ["", "app_", "app_0", new_api_token("app_"), new_api_token("other_"), "é" * 53],
    ids=["nothing", "prefix", "short", "unknown", "another prefix", "no ASCII"],
)
async def test_a_token_that_is_nobodys_opens_nothing(app: Quart, secret: str) -> None:
    response = await program(app, secret).get(ME)

    assert response.status_code == 401
    assert (await response.get_json())["type"] == "/problems/bad-token"
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_a_cookie_beside_a_token_counts_for_nothing(app: Quart, ada: Person) -> None:
    assert (await ada.client.get(ME)).status_code == 200

    response = await ada.client.get(
        ME, headers={"Authorization": f"Bearer {new_api_token('app_')}"}
    )

    assert response.status_code == 401


async def test_a_token_needs_no_origin_and_gets_no_session(harbour: Quart, ada: Person) -> None:
    client = program(harbour, (await made(ada))["secret"])

    response = await client.post("/api/v1/lamp")
    with_cookie = await harbour.test_client().post("/api/v1/lamp", headers={"Cookie": ada.cookie})

    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert with_cookie.status_code == 403  # the check that a token needs not


async def test_a_token_makes_shows_and_ends_no_tokens(app: Quart, ada: Person) -> None:
    token = await made(ada)
    client = program(app, token["secret"])

    answers = [
        await client.get(TOKENS),
        await client.post(TOKENS, json={"name": "x", "scopes": ["account:read"]}),
        await client.delete(f"{TOKENS}/{token['token']['id']}"),
        await client.get("/account/tokens"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_of_a_token_only_the_hash_is_stored(app: Quart, ada: Person) -> None:
    secret = (await made(ada))["secret"]

    async with resources_of(app).database.reading() as work:
        row = (await work.scalars(select(ApiTokenRow))).one()

    assert row.token_hash == hash_of(secret)
    assert re.fullmatch(r"app_[0-9A-Za-z]{49}", secret)
    assert row.hint == secret[:8]
    listed = await (await ada.client.get(TOKENS)).get_data(as_text=True)
    assert secret not in listed


def test_a_scanner_knows_a_token_without_asking() -> None:
    token = new_api_token("app_")
    mistyped = token[:-7] + ("0" if token[-7] != "0" else "1") + token[-6:]

    assert looks_right(token, "app_")
    assert not looks_right(mistyped, "app_")
    assert len({new_api_token("app_") for _ in range(100)}) == 100


async def test_a_token_runs_out(app: Quart, ada: Person) -> None:
    client = program(app, (await made(ada))["secret"])
    assert (await client.get(ME)).status_code == 200

    await run(app, "UPDATE api_tokens SET expires_at = now() - interval '1 second'")

    assert (await client.get(ME)).status_code == 401


async def test_the_token_of_a_disabled_person_opens_nothing(app: Quart, ada: Person) -> None:
    client = program(app, (await made(ada))["secret"])
    assert (await client.get(ME)).status_code == 200

    await run(app, "UPDATE users SET disabled_at = now()")

    assert (await client.get(ME)).status_code == 401


async def test_the_last_use_is_noted(app: Quart, ada: Person) -> None:
    secret = (await made(ada))["secret"]
    before = (await (await ada.client.get(TOKENS)).get_json())["items"][0]
    began = datetime.now(UTC)

    await program(app, secret).get(ME)

    after = (await (await ada.client.get(TOKENS)).get_json())["items"][0]
    assert before["last_used_at"] is None
    assert began <= datetime.fromisoformat(after["last_used_at"]) <= datetime.now(UTC)


async def test_an_administrators_token_is_no_administrator(app: Quart, ada: Person) -> None:
    await run(app, "UPDATE users SET is_admin = true")
    found = await resources_of(app).identity.bearers.find((await made(ada))["secret"])

    assert found is not None
    assert not found.principal.is_admin


async def test_making_a_token_needs_a_recent_proof_and_revoking_one_does_not(
    app: Quart, ada: Person
) -> None:
    token = await made(ada)
    await let_proof_grow_old(app, ada)

    refused = await ada.client.post(TOKENS, json={"name": "x", "scopes": ["account:read"]})
    page = await ada.client.get("/account/tokens/new")
    revoked = await ada.client.delete(f"{TOKENS}/{token['token']['id']}")

    assert (refused.status_code, revoked.status_code) == (403, 204)
    assert page.location == "/account/confirm?next=%2Faccount%2Ftokens%2Fnew"


async def test_a_new_password_ends_all_tokens(app: Quart, ada: Person) -> None:
    client = program(app, (await made(ada))["secret"])
    assert (await client.get(ME)).status_code == 200

    await resources_of(app).identity.set_password(ada.user.id, "another horse battery")

    assert (await client.get(ME)).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["account:read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["all:things"]}, "scopes"),
        ({"name": "x", "scopes": ["account:read"], "days": 0}, "days"),
        ({"name": "x", "scopes": ["account:read"], "days": 367}, "days"),
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(
    ada: Person, body: dict[str, Any], field: str
) -> None:
    response = await ada.client.post(TOKENS, json=body)

    assert response.status_code == 422
    assert [error["field"] for error in (await response.get_json())["errors"]] == [field]


async def test_the_page_makes_a_token_shows_it_once_and_revokes_it(app: Quart, ada: Person) -> None:
    form = {"name": "Harbour bot", "scopes": "account:read", "days": "7"}

    response = await ada.client.post("/account/tokens/new", form=form)
    shown = await response.get_data(as_text=True)
    found = re.search(r">(app_\w{49})<", shown)
    assert found
    listed = await (await ada.client.get("/account/tokens")).get_data(as_text=True)
    revoke = re.search(r'action="(/account/tokens/[^"]+/revoke)"', listed)
    assert revoke
    before = await program(app, found[1]).get(ME)
    await ada.client.post(revoke[1])

    assert (response.status_code, response.headers["Cache-Control"]) == (201, "no-store")
    assert found[1] not in listed
    assert before.status_code == 200
    assert (await program(app, found[1]).get(ME)).status_code == 401


async def test_the_description_names_scopes_and_schemes(app: Quart) -> None:
    described = await (await Browser(app).get("/openapi.json")).get_json()

    assert described["paths"][ME]["get"]["security"] == [
        {"session": []},
        {"token": ["account:read"]},
    ]
    assert described["paths"][TOKENS]["get"]["security"] == [{"session": []}]
    schemes = described["components"]["securitySchemes"]
    assert schemes["token"] == {"type": "http", "scheme": "bearer"}


async def run(app: Quart, statement: str) -> None:
    async with resources_of(app).database.transaction() as work:
        await work.session.execute(text(statement))
