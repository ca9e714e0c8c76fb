"""The frame of the signed-in pages under /account: its sections, and the entries of some of them.

A part of this feature adds what it has with one line each, in its ``register``:

    account = account_of(app)
    account.add("Sessions", "/account/sessions", order=30, description="Where you are signed in")
    account.add_entry("/account/security", "Password", "/account/password", order=10, state=tell)

where ``async def tell(who: Principal) -> str`` says how things stand, in a few words. Its pages end
with ``return await section_page("/account/security", "accounts/password/change.html", ...)``, and
their templates extend ``accounts/account.html``.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import cast

from quart import Quart
from quart import current_app
from quart import render_template

from app.principal import Principal

EXTENSION = "account"

Tell = Callable[[Principal], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A page in the navigation of the account; ``description`` is one sentence without a stop."""

    label: str
    url: str
    order: int
    description: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in a section that leads to a page of its own: ``state`` tells how things stand."""

    label: str
    url: str
    order: int
    action: str
    state: Tell


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as one person sees it now."""

    label: str
    url: str
    action: str
    state: str


class Account:
    """The sections of one application, in the order in which they are shown."""

    def __init__(self) -> None:
        self._sections: list[Section] = []
        self._entries: dict[str, list[Entry]] = {}

    @property
    def sections(self) -> tuple[Section, ...]:
        """What the navigation shows."""
        return tuple(self._sections)

    def add(self, label: str, url: str, *, order: int, description: str) -> None:
        """Adds a section whose first page is at ``url``."""
        self._sections.append(Section(label, url, order, description))
        self._sections.sort(key=lambda section: section.order)

    def add_entry(
        self, section_url: str, label: str, url: str, *, order: int, state: Tell, action: str
    ) -> None:
        """Adds a line to a section that shows its entries, as the security section does.

        ``action`` is the verb on its link: "Change", "Set up".
        """
        entries = self._entries.setdefault(section_url, [])
        entries.append(Entry(label, url, order, action, state))
        entries.sort(key=lambda entry: entry.order)

    async def lines(self, section_url: str, who: Principal) -> list[Line]:
        """Returns the entries of a section as they stand for a person."""
        return [
            Line(entry.label, entry.url, entry.action, await entry.state(who))
            for entry in self._entries.get(section_url, [])
        ]


def account_of(app: Quart) -> Account:
    """Returns the account pages of an application."""
    return cast("Account", app.extensions.setdefault(EXTENSION, Account()))


def current_account() -> Account:
    """Returns the account pages of the application that handles the current request."""
    return cast("Account", current_app.extensions[EXTENSION])


async def section_page(section_url: str, template: str, **values: Any) -> str:
    """Returns a page of the account, with its section marked in the navigation."""
    sections = current_account().sections
    current = next(section for section in sections if section.url == section_url)
    return await render_template(template, sections=sections, section=current, **values)
