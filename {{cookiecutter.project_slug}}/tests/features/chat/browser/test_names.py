"""Names from right to left in rooms: each in its place, and by itself beside other words."""

import pytest
from playwright.async_api import expect
from quart import Quart

from app.database import Database
from app.features.chat import members
from app.features.chat import rooms
from tests.features.chat.browser import chat_page
from tests.looking import misread
from tests.people import join
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

ROOM = "חדר המכונות (2) West"


async def test_names_from_right_to_left_stand_where_others_do(
    app: Quart, windows: Windows, store: Database
) -> None:
    ada, grace = await join(app, "עדה"), await join(app, "נורית")
    room = await rooms.create_room(ada.principal, store, name=ROOM, is_private=False)
    page = await windows.open(grace, f"/chat/{room.id}")
    wrong = await misread(page, "names-chat-join")
    await members.invite(ada.principal, store, room_id=room.id, email=grace.user.email)
    adas, graces = await chat_page.open_both(windows, ada, grace, room)

    await chat_page.write(adas, "Ahoy")
    await chat_page.sees(graces, "Ahoy")
    await expect(graces.locator(".room-link__preview")).to_have_text("עדה: Ahoy")
    wrong += await misread(graces, "names-chat-room")
    await graces.reload()
    await graces.wait_for_selector('[data-connection="live"]')
    wrong += await misread(graces, "names-chat-again")
    await graces.click("#people")
    await expect(graces.locator(".member__name").first).to_be_visible()
    wrong += await misread(graces, "names-chat-members")

    assert not wrong, "\n".join(wrong)


async def test_who_is_typing_is_told_by_themself(
    app: Quart, windows: Windows, store: Database
) -> None:
    ada, grace = await join(app, "עדה"), await join(app, "נורית")
    room = await rooms.create_room(ada.principal, store, name=ROOM, is_private=False)
    await members.invite(ada.principal, store, room_id=room.id, email=grace.user.email)
    adas, graces = await chat_page.open_both(windows, ada, grace, room)

    await chat_page.go_on_typing(graces)

    await expect(adas.locator("#typing bdi")).to_have_text("נורית")


async def test_a_text_from_right_to_left_begins_at_the_right(
    app: Quart, windows: Windows, store: Database
) -> None:
    ada = await join(app, "עדה")
    room = await rooms.create_room(ada.principal, store, name=ROOM, is_private=False)
    page = await chat_page.open_room(windows, ada, room)

    await chat_page.write(page, "שלום\nto all of you")

    await expect(page.locator(".message[data-id] .message__body")).to_have_css("direction", "rtl")
    await expect(page.locator(".message[data-id] .message__body")).to_have_css(
        "text-align", "start"
    )
