import pytest
from playwright.async_api import Browser
from playwright.async_api import Page
from playwright.async_api import ViewportSize
from playwright.async_api import expect

from tests.people import PASSWORD
from tests.people import Person

pytestmark = pytest.mark.browser

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff " * 2
NARROWEST_PIXELS = 320


async def fits(page: Page) -> bool:
    """Tells whether nothing of the page sticks out at the side."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_a_person_signs_in_with_the_keyboard_alone_and_gets_to_where_they_were_heading(
    chromium: Browser, live_server: str, ada: Person
) -> None:
    page = await chromium.new_page(base_url=live_server)
    await page.goto("/accounts/sessions")
    # A browser moves the focus only with the first frame that it paints after the load.
    await expect(page.get_by_label("E-mail")).to_be_focused()

    await page.keyboard.type(ada.user.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading")).to_have_text("Where you are signed in")
    await expect(page.get_by_text("This one")).to_be_visible()


async def test_joining_signing_out_and_ending_sessions_need_no_script(
    chromium: Browser, live_server: str
) -> None:
    context = await chromium.new_context(base_url=live_server, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/sign-up?next=/accounts/sessions")
    await page.get_by_label("Name").fill("Lin")
    await page.get_by_label("E-mail").fill("lin@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_text("This one")).to_be_visible()

    await page.locator("main").get_by_role("button", name="Sign out").click()

    await page.goto("/accounts/sessions")
    await expect(page.get_by_role("heading")).to_have_text("Sign in")


async def test_a_mistake_is_announced_and_its_field_has_the_focus(
    chromium: Browser, live_server: str, ada: Person
) -> None:
    page = await chromium.new_page(base_url=live_server)
    await page.goto("/sign-up")
    await page.get_by_label("Name").fill("Eve")
    await page.get_by_label("E-mail").fill(ada.user.email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)

    await page.get_by_role("button", name="Create account").click()

    email = page.get_by_label("E-mail")
    await expect(email).to_be_focused()
    await expect(email).to_have_value(ada.user.email)
    await expect(email).to_have_accessible_description(
        "There is an account with this address already."
    )


async def test_a_password_can_be_looked_at_while_it_is_typed(
    chromium: Browser, live_server: str
) -> None:
    page = await chromium.new_page(base_url=live_server)
    await page.goto("/sign-in")
    password = page.get_by_label("Password", exact=True)
    await password.fill(PASSWORD)
    await expect(password).to_have_attribute("type", "password")

    await page.get_by_role("button", name="Show password").click()

    await expect(password).to_have_attribute("type", "text")
    await expect(password).to_be_focused()


async def test_long_names_fit_on_the_narrowest_phone(chromium: Browser, live_server: str) -> None:
    phone: ViewportSize = {"width": NARROWEST_PIXELS, "height": 568}
    page = await chromium.new_page(base_url=live_server, viewport=phone)
    await page.goto("/sign-up?next=/accounts/sessions")
    assert await fits(page)

    await page.get_by_label("Name").fill(LONG_NAME)
    await page.get_by_label("E-mail").fill("lin@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()

    await expect(page.get_by_text("This one")).to_be_visible()
    assert await fits(page)
