"""Every page of somebody who is signed in tells when they are not any more, or are back."""

import pytest
from playwright.async_api import Route
from playwright.async_api import expect

from tests.people import Person
from tests.windows import Windows
from tests.windows import become

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

SOMEBODY_LOOKS = "dispatchEvent(new Event('focus'))"


async def test_a_page_without_a_socket_says_that_one_is_signed_out_once_it_is_looked_at(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(ada, "/account")
    await become(page.context, None, page.url)

    await page.evaluate(SOMEBODY_LOOKS)

    notice = page.locator("#signed-in")
    await expect(notice).to_contain_text("You are signed out.")
    await notice.get_by_role("link", name="Sign in").click()
    await page.wait_for_url("**/sign-in?next=%2Faccount")


async def test_a_page_takes_its_notice_back_when_the_same_person_is_back(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(ada, "/account")
    await become(page.context, None, page.url)
    await page.evaluate(SOMEBODY_LOOKS)
    await expect(page.locator("#signed-in")).to_be_visible()
    await become(page.context, ada, page.url)

    await page.evaluate(SOMEBODY_LOOKS)

    await expect(page.locator("#signed-in")).to_have_count(0)


async def test_a_page_hears_of_other_tabs_that_somebody_else_has_signed_in(
    windows: Windows, ada: Person, grace: Person
) -> None:
    page = await windows.open(ada, "/account")
    await become(page.context, grace, page.url)

    other = await page.context.new_page()
    await other.goto("/")

    notice = page.locator("#signed-in")
    await expect(notice).to_contain_text("Somebody else is signed in now.")
    await notice.get_by_role("link", name="Load the page as them").click()
    await expect(page.locator("#signed-in")).to_have_count(0)
    await expect(page.get_by_role("banner")).to_contain_text(grace.user.name)


async def test_who_signs_in_while_the_answer_is_on_its_way_is_seen_all_the_same(
    windows: Windows, ada: Person, grace: Person
) -> None:
    page = await windows.open(ada, "/account")
    await become(page.context, None, page.url)

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        await become(page.context, grace, page.url)
        await page.evaluate(SOMEBODY_LOOKS)
        await page.evaluate("new Promise((done) => setTimeout(done))")  # it has asked by then
        await route.fulfill(response=answer)

    await page.route("**/api/v1/accounts/me", answer_late, times=1)
    await page.evaluate(SOMEBODY_LOOKS)

    await expect(page.locator("#signed-in")).to_contain_text("Somebody else is signed in now.")


async def test_a_call_that_is_tried_in_the_reference_is_nobody_elses(
    windows: Windows, ada: Person, grace: Person
) -> None:
    page = await windows.open(ada, "/docs")
    call = page.locator("[data-call]", has_text="/api/v1/accounts/me").first
    await call.locator("summary").first.click()
    await become(page.context, grace, page.url)

    await call.get_by_role("button", name="Send").click()

    await expect(call.locator("[data-status]")).to_have_text("401")


async def test_a_form_of_a_page_acts_in_nobody_elses_name(
    windows: Windows, ada: Person, grace: Person
) -> None:
    page = await windows.open(ada, "/account/profile")
    await become(page.context, grace, page.url)

    await page.fill("#name", "Ada the Second")
    await page.locator("main form button").click()

    await expect(page.locator("h1")).to_have_text("Somebody else is signed in now")
    await page.get_by_role("link", name="Load the page again").click()
    await expect(page.locator("#name")).to_have_value(grace.user.name)
