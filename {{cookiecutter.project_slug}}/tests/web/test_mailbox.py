"""The mailbox of development, and that production has none."""

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.factory import create_app
from app.mail import Message
from app.resources import resources_of
from app.settings import Settings

LETTER = Message(
    "ada@example.com", "Hello <Ada>", "Open https://example.com/x?a=1 now", "<p>formed</p>"
)


async def test_the_newest_letter_is_listed_and_opens_in_both_forms(
    app: Quart, client: Client
) -> None:
    mail = resources_of(app).mail
    await mail.send(LETTER)
    assert mail.outbox
    path = f"/dev/mail/{mail.outbox.kept()[0].id}"

    listed = await (await client.get("/dev/mail")).get_data(as_text=True)
    opened = await (await client.get(path)).get_data(as_text=True)
    formed = await client.get(f"{path}/html")

    assert f'href="{path}">Hello &lt;Ada&gt;' in listed
    assert 'href="https://example.com/x?a=1"' in opened
    assert await formed.get_data(as_text=True) == "<p>formed</p>"


async def test_a_letter_may_do_nothing_but_be_read(app: Quart, client: Client) -> None:
    mail = resources_of(app).mail
    await mail.send(LETTER)
    assert mail.outbox

    response = await client.get(f"/dev/mail/{mail.outbox.kept()[0].id}/html")

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


async def test_letters_to_one_address_can_be_looked_for(app: Quart, client: Client) -> None:
    await resources_of(app).mail.send(LETTER)
    assert "Hello" in await (await client.get("/dev/mail?to=ADA@example.com")).get_data(True)

    page = await (await client.get("/dev/mail?to=lin@example.com")).get_data(as_text=True)

    assert "Hello" not in page
    assert "No letters yet" in page


async def test_a_letter_that_is_not_there_is_not_found(client: Client) -> None:
    assert (await client.get("/dev/mail/nothing")).status_code == 404


@pytest.mark.parametrize("mail_host", ["", "mail.example.com"])
def test_production_has_no_mailbox(settings: Settings, mail_host: str) -> None:
    mail = settings.mail.model_copy(update={"host": mail_host})
    production = settings.model_copy(update={"environment": "production", "mail": mail})

    rules = {rule.rule for rule in create_app(production).url_map.iter_rules()}

    assert not [rule for rule in rules if rule.startswith("/dev/")]
