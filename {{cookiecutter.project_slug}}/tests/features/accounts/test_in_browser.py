import re

import pyotp
import pytest
from playwright.async_api import ViewportSize
from playwright.async_api import expect
from quart import Quart

from tests.letters import send_all
from tests.looking import fits
from tests.people import PASSWORD
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff " * 2
NARROWEST_PIXELS = 320


async def test_a_person_signs_in_with_the_keyboard_alone_and_gets_to_where_they_were_heading(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(None, "/account/sessions")
    # A browser moves the focus only with the first frame that it paints after the load.
    await expect(page.get_by_label("E-mail")).to_be_focused()

    await page.keyboard.type(ada.user.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading")).to_have_text("Where you are signed in")
    await expect(page.get_by_text("This one")).to_be_visible()


async def test_a_newcomer_finds_the_mailbox_and_joins_without_a_script(
    windows: Windows, app: Quart
) -> None:
    page = await windows.open(None, "/sign-up", java_script_enabled=False)
    await page.get_by_label("Name").fill("Lin")
    await page.get_by_label("E-mail").fill("lin@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await send_all(app)

    await page.get_by_role("link", name="Open the mailbox").click()
    await page.get_by_role("link", name="Confirm your address").click()
    await page.locator("pre").get_by_role("link", name="/sign-up/confirm").click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm and sign in").click()

    await page.goto("/account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Lin")


async def test_the_button_in_a_letter_leads_on_from_the_mailbox(
    windows: Windows, app: Quart, ada: Person
) -> None:
    page = await windows.open(None, "/forgot-password")
    await expect(page.get_by_label("E-mail")).to_be_focused()
    await page.keyboard.type(ada.user.email)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading")).to_have_text("Look into your mail")
    await send_all(app)

    await page.get_by_role("link", name="Open the mailbox").click()
    await page.get_by_role("link", name="Choose a new password").click()
    await page.frame_locator("iframe").get_by_role("link", name="Choose a new password").click()

    await expect(page.get_by_role("heading")).to_have_text("Choose a new password")
    await expect(page.get_by_label("New password", exact=True)).to_be_focused()


async def test_a_mistake_is_announced_and_its_field_has_the_focus(windows: Windows) -> None:
    page = await windows.open(None, "/sign-up")
    await page.get_by_label("Name").fill("Eve")
    await page.get_by_label("E-mail").fill("eve@example.com")
    await page.get_by_label("Password", exact=True).fill("password1")

    await page.get_by_role("button", name="Create account").click()

    password = page.get_by_label("Password", exact=True)
    await expect(password).to_be_focused()
    await expect(page.get_by_label("E-mail")).to_have_value("eve@example.com")
    await expect(password).to_have_accessible_description(
        re.compile("Many people use this one. Choose another.")
    )


async def test_a_password_can_be_looked_at_while_it_is_typed(windows: Windows) -> None:
    page = await windows.open(None, "/sign-in")
    password = page.get_by_label("Password", exact=True)
    await password.fill(PASSWORD)
    await expect(password).to_have_attribute("type", "password")

    await page.get_by_role("button", name="Show password").click()

    await expect(password).to_have_attribute("type", "text")
    await expect(password).to_be_focused()


async def test_long_names_fit_on_the_narrowest_phone(windows: Windows) -> None:
    phone: ViewportSize = {"width": NARROWEST_PIXELS, "height": 568}
    page = await windows.open(None, "/sign-up", viewport=phone)
    assert await fits(page)

    await page.get_by_label("Name").fill(LONG_NAME)
    await page.get_by_label("E-mail").fill(f"{'l' * 60}@{'harbour' * 9}.example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()

    await expect(page.get_by_role("heading")).to_have_text("Look into your mail")
    assert await fits(page)


async def test_a_second_factor_is_set_up_and_used_with_the_keyboard_alone_and_no_script(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(
        None, "/sign-in?next=/account/second-factor", java_script_enabled=False
    )
    await page.get_by_label("E-mail").focus()
    await page.keyboard.type(ada.user.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    totp = pyotp.TOTP((await page.locator(".account__key").inner_text()).replace(" ", ""))
    await expect(page.get_by_role("img", name="QR code")).not_to_have_js_property("naturalWidth", 0)
    await page.get_by_label("Enter the code").focus()
    await page.keyboard.type(totp.now())
    await page.keyboard.press("Enter")
    code = await page.locator(".account__codes code").first.inner_text()

    await page.context.clear_cookies()
    await page.goto("/sign-in?next=/account/security")
    await page.get_by_label("E-mail").fill(ada.user.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_label("Code").focus()
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("On, with 9 recovery codes left")).to_be_visible()


async def test_the_pages_of_an_account_fit_on_the_narrowest_phone(
    windows: Windows, ada: Person
) -> None:
    phone: ViewportSize = {"width": NARROWEST_PIXELS, "height": 568}
    page = await windows.open(ada, "/", viewport=phone)
    wide = []
    for path in ("", "/profile", "/security", "/sessions", "/tokens", "/tokens/new",
                 "/second-factor"):  # fmt: skip
        await page.goto(f"/account{path}")
        if not await fits(page):
            wide.append(path)

    assert wide == []
