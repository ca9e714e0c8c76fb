"""What a person does on the page of a room, and what they see there."""

from playwright.async_api import Page
from playwright.async_api import expect

from app.features.chat.schemas import Room
from tests.people import Person
from tests.windows import Windows

# Who pauses is shown as typing for a few seconds only, which a slow machine may take to look.
GO_ON_TYPING = """() => {
    const field = document.getElementById("body");
    setInterval(() => {
        field.value += ".";
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }, 500);
}"""


async def open_room(windows: Windows, person: Person, room: Room, **options: object) -> Page:
    """Returns a window in which a room is open and live."""
    page = await windows.open(person, f"/chat/{room.id}", **options)
    await page.wait_for_selector('[data-connection="live"]')
    return page


async def open_both(windows: Windows, one: Person, other: Person, room: Room) -> tuple[Page, Page]:
    """Returns a window for each of two people, both live in the room."""
    return await open_room(windows, one, room), await open_room(windows, other, room)


async def write(page: Page, text: str) -> None:
    """Writes a message and sends it with Enter."""
    await page.fill("#body", text)
    await page.press("#body", "Enter")


async def go_on_typing(page: Page) -> None:
    """Begins a message, and never comes to its end."""
    await page.evaluate(GO_ON_TYPING)


async def sees(page: Page, text: str) -> None:
    """Waits until a message is shown exactly once."""
    row = page.locator(".message__body", has_text=text)
    await expect(row).to_have_count(1)


async def shows(page: Page, texts: list[str]) -> None:
    """Waits until these, from top to bottom, are all messages that have been posted."""
    await expect(page.locator(".message[data-id] .message__body")).to_have_text(texts)


async def pending(page: Page) -> int:
    """Returns how many messages have not been posted yet."""
    return await page.locator(".message:not([data-id])").count()
