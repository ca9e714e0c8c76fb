"""The pages that links in letters open, and their forms: open to all (axe-core), on any phone."""

import pytest
from playwright.async_api import Page
from quart import Quart

from tests.letters import next_letter
from tests.letters import send_all
from tests.letters import token_in
from tests.looking import SIZES
from tests.looking import look
from tests.looking import serious
from tests.people import PASSWORD
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("live_server")]

LIN = "lin@example.com"
PHONE = {"viewport": SIZES["phone"], "reduced_motion": "reduce"}


async def submitted(page: Page, values: dict[str, str]) -> None:
    """Fills the form in and sends it."""
    for name, value in values.items():
        await page.locator(f"main input[name={name}]").fill(value)
    async with page.expect_navigation():  # what comes, and not what is still there
        await page.locator("main form button[type=submit]").first.click()


async def test_the_pages_of_visitors_have_no_serious_finding(
    windows: Windows, app: Quart, ada: Person
) -> None:
    page = await windows.open(None, "/", **PHONE)
    wrong = []
    for path in ("/sign-in", "/sign-up", "/forgot-password", "/reset-password?token=x"):
        await page.goto(path)
        wrong += await look(page, f"{path.partition('?')[0].replace('/', '-').lstrip('-')}")
    await page.goto("/sign-up")
    await submitted(page, {"name": "Lin", "email": LIN, "password": "password1"})
    wrong += await look(page, "sign-up-wrong")
    await submitted(page, {"name": "Lin", "email": LIN, "password": PASSWORD})
    wrong += await look(page, "sign-up-sent")
    token = token_in(await next_letter(app, LIN))
    await page.goto(f"/sign-up/confirm?token={token}")
    await submitted(page, {"password": "not this one"})
    wrong += await look(page, "confirm-wrong")

    await page.goto("/forgot-password")
    await submitted(page, {"email": ada.user.email})
    wrong += await look(page, "forgot-sent")
    token = token_in(await next_letter(app, ada.user.email))
    await page.goto(f"/reset-password?token={token}")
    wrong += await look(page, "reset")
    await submitted(page, {"password": "four small boats at anchor"})
    wrong += await look(page, "reset-done")
    for path, name in (("/dev/mail", "mailbox"), ("/dev/mail?to=nobody", "mailbox-empty")):
        await page.goto(path)
        wrong += await look(page, name)
    await page.goto("/dev/mail")
    await page.get_by_role("link", name="Choose a new password").click()
    wrong += await look(page, "letter")

    assert not wrong, "\n".join(wrong)


async def test_the_pages_of_the_owner_have_no_serious_finding(
    windows: Windows, app: Quart, ada: Person
) -> None:
    page = await windows.open(ada, "/account/address", **PHONE)
    wrong = []
    await submitted(page, {"email": "ada@harbour.example", "password": PASSWORD})
    wrong += await look(page, "address-sent")
    await send_all(app)
    token = token_in(await next_letter(app, "ada@harbour.example"))
    await page.goto(f"/change-address?token={token}")
    wrong += await look(page, "change-address")
    await submitted(page, {})
    wrong += await look(page, "change-address-done")
    await page.goto("/account/password")
    values = {"present_password": "not this one", "password": "four small boats at anchor"}
    await submitted(page, values)
    wrong += await look(page, "password-wrong")
    await submitted(page, {**values, "present_password": PASSWORD})
    wrong += await look(page, "password-changed")

    assert not wrong, "\n".join(wrong)


async def test_a_page_without_labels_and_contrast_would_be_found(
    windows: Windows,
) -> None:
    page = await windows.open(None, "/sign-in")
    await page.evaluate("document.querySelectorAll('main label').forEach((one) => one.remove())")

    assert await serious(page)
