"""Pages without a mouse: the tabulator leads everywhere, and the focus is always to be seen."""

from playwright.async_api import Page
from playwright.async_api import expect

STEPS_AT_MOST = 60
FOCUS = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const label = one.labels?.[0]?.textContent ?? one.getAttribute("aria-label");
    return {name: (label ?? one.textContent).trim(), seen};
}"""


async def tab_to(page: Page, name: str, *, step: str = "Tab") -> None:
    """Goes on with the tabulator to what has the name, and sees where it is at each step.

    With "Shift+Tab" it goes back.
    """
    for _ in range(STEPS_AT_MOST):
        focused = await page.evaluate(FOCUS)
        if focused["name"].startswith(name):
            return
        await page.keyboard.press(step)
        focused = await page.evaluate(FOCUS)
        assert focused["seen"], f"nobody sees that {focused['name']!r} has the focus"
    raise AssertionError(f"{STEPS_AT_MOST} steps do not lead to {name!r} on {page.url}")


async def press(page: Page, name: str, *, leads_to: str) -> None:
    """Goes to a link or a button, presses it, and waits for the heading of what comes."""
    await tab_to(page, name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(leads_to)
    await page.wait_for_load_state()  # what waits for its style sheet takes no focus yet


async def strike(page: Page, name: str, *, key: str = "Enter", step: str = "Tab") -> None:
    """Goes to a box or a button that leads nowhere else, and presses a key."""
    await tab_to(page, name, step=step)
    await page.keyboard.press(key)


async def write(page: Page, values: dict[str, str]) -> None:
    """Goes to one field after the other and types."""
    for label, value in values.items():
        await tab_to(page, label)
        await page.keyboard.type(value)
