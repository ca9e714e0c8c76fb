"""The frame of the pages under /account."""

import re

from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.features.accounts.account import account_of
from app.principal import Principal
from tests.people import Person


async def text_of(person: Person, path: str) -> str:
    response = await person.client.get(path)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def test_the_account_leads_to_every_section(app: Quart, ada: Person) -> None:
    sections = account_of(app).sections

    overview = await text_of(ada, "/account")

    assert len(sections) >= 3
    assert [url for url in (s.url for s in sections) if f'href="{url}"' not in overview] == []


async def test_every_section_marks_itself_in_the_navigation(app: Quart, ada: Person) -> None:
    for section in account_of(app).sections:
        page = await text_of(ada, section.url)

        marked = re.findall(r'href="([^"]+)" aria-current="page"', page)
        assert marked == [section.url]


async def test_a_stranger_is_sent_to_sign_in_and_back(client: Client) -> None:
    response = await client.get("/account")

    assert (response.status_code, response.location) == (303, "/sign-in?next=%2Faccount")


async def test_a_part_adds_its_line_to_a_section(app: Quart, ada: Person) -> None:
    async def tell(who: Principal) -> str:
        return f"kept by {who.name}"

    account_of(app).add_entry(
        "/account/security", "Lighthouse", "/lighthouse", order=5, action="Climb", state=tell
    )

    page = await text_of(ada, "/account/security")

    assert "Lighthouse" in page
    assert "kept by Ada" in page
    assert 'href="/lighthouse"' in page


async def test_the_old_address_of_the_sessions_leads_to_the_new_one(ada: Person) -> None:
    response = await ada.client.get("/accounts/sessions")

    assert (response.status_code, response.location) == (301, "/account/sessions")
