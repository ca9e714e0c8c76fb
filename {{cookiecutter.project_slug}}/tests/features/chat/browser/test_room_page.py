"""The page of a room: long histories, hostile texts, people who come and go, a poor connection."""

import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from sqlalchemy import insert

from app.database import Database
from app.features.chat import joining
from app.features.chat import members
from app.features.chat import rooms
from app.features.chat.schemas import BODY_MAX_CHARACTERS
from app.features.chat.schemas import PAGE_MESSAGES
from app.features.chat.schemas import Room
from app.features.chat.tables import MessageRow
from app.resources import Resources
from tests.features.chat.browser import chat_page
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

OLD_MESSAGES = 1_000
NO_SOCKETS = """
    window.WebSocket = class {
        constructor() { setTimeout(() => this.onclose({ code: 1006 })); }
        close() {}
    };
"""


async def test_scrolling_up_loads_a_thousand_messages_and_keeps_the_place(
    windows: Windows, store: Database, harbour: Room, ada: Person
) -> None:
    await fill(store, harbour, ada, OLD_MESSAGES)
    page = await chat_page.open_room(windows, ada, harbour)
    shown = page.locator(".message[data-id]")
    await expect(shown).to_have_count(PAGE_MESSAGES)

    for pages in range(2, OLD_MESSAGES // PAGE_MESSAGES + 1):
        first = shown.first
        await page.evaluate("document.getElementById('scroll').scrollTop = 300")
        await expect(shown).not_to_have_count((pages - 1) * PAGE_MESSAGES)
        assert await first.is_visible()

    await expect(shown).to_have_count(OLD_MESSAGES)
    await expect(page.locator("#older-text")).to_have_text("This is where Harbour begins.")
    await expect(page.locator("#jump")).to_be_visible()
    await page.click("#jump")
    await expect(page.locator("#jump")).to_be_hidden()


async def test_the_reader_stays_in_place_when_earlier_messages_arrive_above(
    windows: Windows, store: Database, harbour: Room, ada: Person
) -> None:
    await fill(store, harbour, ada, 2 * PAGE_MESSAGES)
    page = await chat_page.open_room(windows, ada, harbour)
    first = page.locator(".message[data-id]").first
    text = await first.locator(".message__body").text_content()
    row = page.locator(".message", has_text=f"{text}")

    await page.route("**/messages?before=*", lambda route: route.abort())
    await page.evaluate("document.getElementById('scroll').scrollTop = 0")
    await expect(page.locator("#older-again")).to_be_visible()
    before = await top_of(page, text or "")
    await page.unroute("**/messages?before=*")
    await page.evaluate("document.getElementById('older-again').click()")
    await expect(page.locator(".message[data-id]")).to_have_count(2 * PAGE_MESSAGES)

    assert abs(await top_of(page, text or "") - before) < 60
    await expect(row.first).to_be_in_viewport()


async def test_what_people_write_is_text_and_addresses_are_links(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)

    await chat_page.write(adas, '<img src=x onerror="alert(1)"> see https://example.com/a?b=1.')

    body = graces.locator(".message__body")
    await expect(body).to_have_text('<img src=x onerror="alert(1)"> see https://example.com/a?b=1.')
    await expect(body.locator("img")).to_have_count(0)
    await expect(body.locator("a")).to_have_attribute("href", "https://example.com/a?b=1")


async def test_the_longest_message_fits_the_smallest_window(
    windows: Windows, harbour: Room, ada: Person
) -> None:
    page = await chat_page.open_room(windows, ada, harbour, viewport={"width": 320, "height": 568})

    await chat_page.write(page, "w" * BODY_MAX_CHARACTERS)

    await expect(page.locator(".message[data-id]")).to_have_count(1)
    width = await page.evaluate("document.getElementById('scroll').scrollWidth")
    assert width <= 320


@pytest.mark.parametrize("name", ["A name " * 11, "w" * 77], ids=["words", "one word"])
async def test_a_long_name_leaves_room_for_the_menu(
    windows: Windows, ada: Person, name: str
) -> None:
    page = await windows.open(ada, "/chat", viewport={"width": 320, "height": 568})

    await page.click('.chat__rooms [data-open="new-room"]')
    await page.fill("#new-room-name", name)
    await page.click("text=Open the room")

    await page.click(".room__menu summary")
    await expect(page.locator("text=Leave the room")).to_be_in_viewport(ratio=1)
    menu = await page.locator(".room__menu summary").bounding_box()
    assert menu
    assert menu["x"] + menu["width"] <= 320
    await expect(page.locator("#older-text")).to_contain_text("begins")
    assert await page.evaluate("document.getElementById('scroll').scrollWidth") <= 320


async def test_shift_and_enter_break_the_line(windows: Windows, harbour: Room, ada: Person) -> None:
    page = await chat_page.open_room(windows, ada, harbour)

    await page.locator("#body").press_sequentially("One")
    await page.press("#body", "Shift+Enter")
    await page.locator("#body").press_sequentially("Two")
    await page.press("#body", "Enter")

    await expect(page.locator(".message[data-id] .message__body")).to_have_text("One\nTwo")


async def test_somebody_removed_is_told_and_hears_nothing_more(
    windows: Windows,
    store: Database,
    harbour: Room,
    ada: Person,
    grace: Person,
    resources: Resources,
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    await chat_page.write(adas, "Still with us")
    await chat_page.sees(graces, "Still with us")

    await adas.click("#people")
    await adas.click('[aria-label="Remove Grace"]')
    await expect(graces.locator("#notice")).to_contain_text("no longer in this room")
    await adas.click("#members [data-close]")
    await chat_page.write(adas, "Among ourselves")
    await chat_page.sees(adas, "Among ourselves")

    await expect(graces.locator("#body")).to_be_disabled()
    await chat_page.shows(graces, ["Still with us"])


async def test_an_invitation_shows_up_in_the_list_at_once(
    windows: Windows, store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    cabin = await rooms.create_room(ada.principal, store, name="Cabin", is_private=True)
    graces = await chat_page.open_room(windows, grace, harbour)

    await members.invite(ada.principal, store, room_id=cabin.id, email=grace.user.email)

    await graces.click("text=Cabin")
    await expect(graces.locator("#room-name")).to_have_text("Cabin")


async def test_a_visitor_joins_a_public_room_with_one_click(
    windows: Windows, harbour: Room, mallory: Person
) -> None:
    page = await windows.open(mallory, f"/chat/{harbour.id}")

    await page.click("text=Join the room")

    await expect(page.locator("#people-count")).to_have_text("1 here")
    await expect(page.locator("#my-rooms")).to_contain_text("Harbour")


async def test_a_room_is_opened_renamed_and_deleted_from_the_page(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(ada, "/chat")
    await page.click('.chat__rooms [data-open="new-room"]')
    await page.fill("#new-room-name", "Bridge")
    await page.click("text=Open the room")
    await expect(page.locator("#no-messages")).to_be_visible()

    await page.click(".room__menu summary")
    await page.click("text=Rename the room")
    await page.fill("#rename-name", "Engine room")
    await page.press("#rename-name", "Enter")
    await expect(page.locator("#room-name")).to_have_text("Engine room")
    await page.click(".room__menu summary")
    await page.click("text=Delete the room")
    await page.click("#delete .button--danger")

    await expect(page).to_have_url("/chat")
    await expect(page.locator("#my-rooms li")).to_have_count(0)


async def test_where_no_socket_gets_through_messages_come_over_a_stream(
    windows: Windows, store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    graces = await windows.open(grace, "/chat")
    await graces.add_init_script(NO_SOCKETS)
    await graces.goto(f"/chat/{harbour.id}")
    await graces.wait_for_selector('[data-connection="fallback"]')
    adas = await chat_page.open_room(windows, ada, harbour)

    await chat_page.write(adas, "Over a stream")

    await chat_page.sees(graces, "Over a stream")


async def test_what_came_while_a_position_was_missing_is_loaded(
    windows: Windows, store: Database, harbour: Room, ada: Person, mallory: Person
) -> None:
    await fill(store, harbour, ada, 3)
    await joining.join_room(mallory.principal, store, room_id=harbour.id)
    page = await chat_page.open_room(windows, mallory, harbour)

    await expect(page.locator(".message[data-id]")).to_have_count(3)


async def fill(store: Database, room: Room, author: Person, count: int) -> None:
    """Stores many messages at once, as if they had been written long ago."""
    rows = [
        {
            "room_id": room.id,
            "author_id": author.user.id,
            "body": f"Message {number}.",
            "idempotency_key": f"old-{number}",
        }
        for number in range(count)
    ]
    async with store.transaction() as work:
        await work.session.execute(insert(MessageRow), rows)


async def top_of(page: Page, text: str) -> float:
    """Returns how far below the upper edge of the window a message stands."""
    box = await page.locator(".message__body", has_text=text).first.bounding_box()
    assert box
    return box["y"]
