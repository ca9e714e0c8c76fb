"""A name from right to left on the pages that are always there: in its place, and by itself."""

import pytest
from quart import Quart

from tests.looking import misread
from tests.people import join
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

NAME = "עדה (2) Lovelace"


async def test_a_name_from_right_to_left_stands_where_others_do(
    app: Quart, windows: Windows
) -> None:
    root = await join(app, "Root", is_admin=True)
    page = await windows.open(root, "/account/profile")
    await page.get_by_role("textbox", name="Name").fill(NAME)
    async with page.expect_navigation():
        await page.get_by_role("button", name="Save").click()
    await page.goto("/account/tokens/new")
    await page.get_by_role("textbox", name="Name").fill(NAME)
    await page.get_by_role("checkbox").first.check()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Make token").click()
    wrong = await misread(page, "names-token")

    sections = (
        "people",
        f"people/{root.user.id}",
        "people?q=עדה",
        "people?q=אף",
        "audit",
        "realtime",
    )
    for path in (
        "/",
        "/account",
        "/account/tokens",
        *(f"/administration/{one}" for one in sections),
    ):
        await page.goto(path)
        wrong += await misread(page, f"names{path.replace('/', '-').partition('?')[0]}")

    assert not wrong, "\n".join(wrong)
