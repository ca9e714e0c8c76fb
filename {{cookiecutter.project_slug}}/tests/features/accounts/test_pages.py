import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import sign_in


@pytest.fixture
def visitor(app: Quart) -> Browser:
    """Returns a browser in which nobody is signed in."""
    return Browser(app)


async def text_of(client: Browser, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def test_a_person_signs_in_with_a_form(visitor: Browser, ada: Person) -> None:
    response = await visitor.post(
        "/sign-in", form={"email": "ada@example.com", "password": PASSWORD}
    )

    assert (response.status_code, response.location) == (303, "/")
    assert "Ada" in await text_of(visitor, "/account/sessions")


async def test_a_wrong_password_brings_the_form_back_with_the_address_and_without_the_password(
    visitor: Browser, ada: Person
) -> None:
    response = await visitor.post(
        "/sign-in",
        form={"email": "ada@example.com", "password": "tell nobody", "next": "/harbour"},
    )

    page = await response.get_data(as_text=True)
    assert response.status_code == 401
    assert 'role="alert"' in page
    assert 'value="ada@example.com"' in page
    assert 'value="/harbour"' in page
    assert "tell nobody" not in page


async def test_mistakes_stand_beside_their_fields(visitor: Browser) -> None:
    response = await visitor.post(
        "/sign-up", form={"email": "lin", "name": "Lin <3", "password": "short"}
    )

    page = await response.get_data(as_text=True)
    assert response.status_code == 422
    assert 'id="email-error"' in page
    assert 'id="password-error"' in page
    assert 'id="name-error"' not in page
    assert 'value="Lin &lt;3"' in page
    assert "short" not in page


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
async def test_an_empty_form_is_a_mistake_and_no_crash(visitor: Browser, path: str) -> None:
    assert (await visitor.post(path, form={})).status_code in {401, 422}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
async def test_who_is_signed_in_already_moves_on(ada: Person, path: str) -> None:
    response = await ada.client.get(f"{path}?next=/harbour")

    assert (response.status_code, response.location) == (303, "/harbour")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
async def test_signing_in_leads_nowhere_else(ada: Person, visitor: Browser, path: str) -> None:
    shown = await text_of(visitor, f"{path}?next=//evil.example")
    moved_on = await ada.client.get(f"{path}?next=https://evil.example")

    assert "evil.example" not in shown
    assert moved_on.location == "/"


async def test_password_managers_know_every_field(visitor: Browser) -> None:
    sign_in_page = await text_of(visitor, "/sign-in")
    sign_up_page = await text_of(visitor, "/sign-up")

    assert 'autocomplete="username"' in sign_in_page
    assert 'autocomplete="current-password"' in sign_in_page
    assert 'autocomplete="username"' in sign_up_page
    assert 'autocomplete="new-password"' in sign_up_page
    assert 'autocomplete="name"' in sign_up_page


async def test_a_page_of_somebody_else_signs_nobody_in(client: Client, ada: Person) -> None:
    response = await client.post(
        "/sign-in",
        form={"email": "ada@example.com", "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )

    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


async def test_signing_out_leads_home_and_ends_the_session(ada: Person) -> None:
    assert "Ada" in await text_of(ada.client, "/account/sessions")

    response = await ada.client.post("/sign-out")

    assert (response.status_code, response.location) == (303, "/")
    assert (await ada.client.get("/account/sessions")).status_code == 303


async def test_the_list_of_sessions_shows_this_one_first_and_ends_another(
    app: Quart, ada: Person
) -> None:
    phone = await sign_in(app, ada.user)
    page = await text_of(ada.client, "/account/sessions")
    assert page.index("This one") < page.index(f"/{phone.principal.session_id}/end")

    response = await ada.client.post(f"/account/sessions/{phone.principal.session_id}/end")

    assert (response.status_code, response.location) == (303, "/account/sessions")
    assert (await phone.client.get("/account/sessions")).status_code == 303
    assert "/end" not in await text_of(ada.client, "/account/sessions")


async def test_all_others_end_together(app: Quart, ada: Person) -> None:
    others = [await sign_in(app, ada.user) for _ in range(2)]

    await ada.client.post("/account/sessions/end-others")

    answers = [await other.client.get("/account/sessions") for other in others]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "End all others" not in await text_of(ada.client, "/account/sessions")


async def test_the_sessions_of_others_can_be_neither_seen_nor_ended(
    ada: Person, mallory: Person
) -> None:
    target = str(ada.principal.session_id)
    assert "This one" in await text_of(ada.client, "/account/sessions")

    page = await text_of(mallory.client, "/account/sessions")
    response = await mallory.client.post(f"/account/sessions/{target}/end")

    assert target not in page
    assert response.status_code == 404
    assert (await ada.client.get("/account/sessions")).status_code == 200
