"""From the sign-up to the sign-out without a mouse: what has the focus is always to be seen."""

import pyotp
import pytest
from playwright.async_api import expect
from quart import Quart

from app.resources import resources_of
from tests.keyboard import press
from tests.keyboard import tab_to
from tests.keyboard import write
from tests.letters import next_letter
from tests.letters import token_in
from tests.people import PASSWORD
from tests.people import sign_in
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

LIN = "lin@example.com"


async def test_from_the_sign_up_to_the_sign_out_the_keyboard_is_enough(
    windows: Windows, live_server: str, app: Quart
) -> None:
    page = await windows.open(None, "/account", reduced_motion="reduce")
    await press(page, "Create an account", leads_to="Create an account")
    await write(page, {"Name": "Lin", "E-mail": LIN, "Password": PASSWORD})
    await press(page, "Create account", leads_to="Look into your mail")
    await page.goto(f"/sign-up/confirm?token={token_in(await next_letter(app, LIN))}")
    await write(page, {"Password": PASSWORD})
    await press(page, "Confirm and sign in", leads_to="Lin")

    await press(page, "Security", leads_to="Security")
    await press(page, "Manage Second factor", leads_to="Set up a second factor")
    key = (await page.locator(".account__key").inner_text()).replace(" ", "")
    await write(page, {"Enter the code": pyotp.TOTP(key).now()})
    await press(page, "Switch on", leads_to="Your recovery codes")
    code = await page.locator(".account__codes code").first.inner_text()
    await press(page, "I have kept them", leads_to="Security")

    user = await resources_of(app).identity.authenticate(LIN, PASSWORD)
    phone = await sign_in(app, user)
    await press(page, "Sessions", leads_to="Where you are signed in")
    await tab_to(page, "End the session of Firefox on Linux")
    await page.keyboard.press("Enter")
    await expect(page.locator("main .list__item")).to_have_count(1)
    assert (await phone.client.get("/api/v1/accounts/me")).status_code == 401

    await tab_to(page, "Account of Lin")
    await page.keyboard.press("Enter")
    await tab_to(page, "Sign out")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{live_server}/")
    await page.goto("/sign-in?next=/account")
    await write(page, {"E-mail": LIN, "Password": PASSWORD})
    await press(page, "Sign in", leads_to="Enter your code")
    await write(page, {"Code": code})
    await press(page, "Sign in", leads_to="Lin")


async def test_a_page_that_hides_where_the_focus_is_would_be_found(
    windows: Windows,
) -> None:
    page = await windows.open(None, "/sign-in")
    await page.evaluate("""() => {
        const hidden = new CSSStyleSheet();
        hidden.replaceSync("* { outline: none !important }");
        document.adoptedStyleSheets = [hidden];
    }""")

    with pytest.raises(AssertionError, match="nobody sees"):
        await tab_to(page, "Create an account")
