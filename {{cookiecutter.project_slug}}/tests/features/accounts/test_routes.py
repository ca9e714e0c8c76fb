from uuid import UUID
from uuid import uuid4

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.resources import resources_of
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import sign_in

API = "/api/v1/accounts"
NEW = {"email": "lin@example.com", "name": "Lin", "password": PASSWORD}


async def test_signing_in_sets_a_cookie_and_tells_who_it_is(client: Client, ada: Person) -> None:
    response = await client.post(
        f"{API}/sign-in", json={"email": "ADA@example.com", "password": PASSWORD}
    )

    assert response.status_code == 200
    assert await response.get_json() == {
        "user": {"id": str(ada.user.id), "email": "ada@example.com", "name": "Ada"}
    }
    cookies = [line.partition("=")[0] for line in response.headers.getlist("Set-Cookie")]
    assert sorted(cookies) == ["device", "session"]
    assert (await client.get(f"{API}/me")).status_code == 200


async def test_an_unknown_address_and_a_wrong_password_cannot_be_told_apart(
    client: Client, ada: Person
) -> None:
    wrong_password = await client.post(
        f"{API}/sign-in", json={"email": ada.user.email, "password": "not this one"}
    )
    wrong_address = await client.post(
        f"{API}/sign-in", json={"email": "eve@example.com", "password": PASSWORD}
    )

    assert wrong_password.status_code == wrong_address.status_code == 401
    first, second = await wrong_password.get_json(), await wrong_address.get_json()
    first.pop("instance", None)
    second.pop("instance", None)
    assert first == second
    assert "Set-Cookie" not in wrong_password.headers


async def test_every_mistake_in_a_new_account_has_its_field(client: Client) -> None:
    response = await client.post(
        f"{API}/sign-up", json={"email": "lin", "name": " ", "password": "short"}
    )

    errors = (await response.get_json())["errors"]
    assert {error["field"] for error in errors} == {"email", "name", "password"}
    assert "short" not in await response.get_data(as_text=True)


@pytest.mark.parametrize("extra", [{"is_admin": True}, {"id": str(uuid4())}, {"disabled_at": None}])
async def test_nobody_gives_themselves_more_than_an_account(
    client: Client, extra: dict[str, object]
) -> None:
    response = await client.post(f"{API}/sign-up", json={**NEW, **extra})

    assert 400 <= response.status_code < 500
    assert (await client.get(f"{API}/me")).status_code == 401


async def test_signing_out_ends_the_session_and_not_just_the_cookie(
    app: Quart, ada: Person
) -> None:
    copied = {cookie.name: cookie.value or "" for cookie in ada.client.cookie_jar or ()}
    assert (await ada.client.get(f"{API}/me")).status_code == 200

    response = await ada.client.post(f"{API}/sign-out")

    assert response.status_code == 204
    assert not list(ada.client.cookie_jar or ())
    assert not (await resources_of(app).identity.principal(copied)).is_signed_in


async def test_signing_out_twice_is_no_mistake(client: Client) -> None:
    assert (await client.post(f"{API}/sign-out")).status_code == 204


async def test_the_list_of_sessions_says_which_one_this_is(app: Quart, ada: Person) -> None:
    phone = await sign_in(app, ada.user)

    items = (await (await phone.client.get(f"{API}/sessions")).get_json())["items"]

    assert {item["id"]: item["is_current"] for item in items} == {
        str(ada.principal.session_id): False,
        str(phone.principal.session_id): True,
    }
    assert set(items[0]) == {"id", "device", "created_at", "last_seen_at", "is_current"}


async def test_a_session_is_ended_from_another(app: Quart, ada: Person) -> None:
    phone = await sign_in(app, ada.user)
    assert (await phone.client.get(f"{API}/me")).status_code == 200

    response = await ada.client.delete(f"{API}/sessions/{phone.principal.session_id}")

    assert response.status_code == 204
    assert (await phone.client.get(f"{API}/me")).status_code == 401
    assert (await ada.client.get(f"{API}/me")).status_code == 200


async def test_all_others_end_with_one_call(app: Quart, ada: Person) -> None:
    phone = await sign_in(app, ada.user)
    assert (await phone.client.get("/api/v1/accounts/me")).status_code == 200

    response = await ada.client.delete("/api/v1/accounts/sessions")

    assert response.status_code == 204
    assert (await phone.client.get("/api/v1/accounts/me")).status_code == 401
    assert (await ada.client.get("/api/v1/accounts/me")).status_code == 200


async def test_ending_ones_own_session_is_signing_out(ada: Person) -> None:
    response = await ada.client.delete(f"{API}/sessions/{ada.principal.session_id}")

    assert response.status_code == 204
    assert not list(ada.client.cookie_jar or ())


async def test_the_sessions_of_others_do_not_exist(ada: Person, mallory: Person) -> None:
    assert ada.principal.session_id
    guesses: list[UUID] = [ada.principal.session_id, uuid4()]

    answers = [await mallory.client.delete(f"{API}/sessions/{guess}") for guess in guesses]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await ada.client.get(f"{API}/me")).status_code == 200


@pytest.mark.parametrize("path", ["/me", "/sessions"])
async def test_nobody_in_particular_has_no_account(client: Client, path: str) -> None:
    assert (await client.get(API + path)).status_code == 401


async def test_guessing_from_one_address_ends_after_ten_tries(app: Quart, ada: Person) -> None:
    client = Browser(app)
    tries = [
        await client.post(f"{API}/sign-in", json={"email": f"{n}@example.com", "password": "x"})
        for n in range(11)
    ]

    assert [answer.status_code for answer in tries] == [401] * 10 + [429]
    assert int(tries[-1].headers["Retry-After"]) <= 180


async def test_guessing_at_one_account_ends_wherever_it_comes_from(app: Quart, ada: Person) -> None:
    address = {"email": ada.user.email, "password": "x"}
    tries = [
        await Browser(app).post(
            f"{API}/sign-in", json=address, scope_base={"client": (f"192.0.2.{n}", 4_711)}
        )
        for n in range(11)
    ]

    assert {answer.status_code for answer in tries[:10]} == {401}
    assert tries[-1].status_code == 429
