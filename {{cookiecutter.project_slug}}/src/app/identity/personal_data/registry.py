"""What the service holds of a person, as its parts tell: to hand it out, and to take it away.

A part that keeps something of people says so once, in its ``register``:

    resources.identity.personal_data.hold("notes", export=notes_of, erase=forget_notes)

``export`` returns JSON of everything that the part holds of the person. ``erase`` runs in the
transaction that deletes the account: what is the person's alone goes, what others share stays
without a name. Parts do not know each other, and an account goes from all of them or from none.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.principal import UserId

Export = Callable[[AsyncSession, UserId], Awaitable[JsonValue]]
Erase = Callable[[UnitOfWork, UserId], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one part holds; ``name`` is that of its file in an export."""

    name: str
    export: Export
    erase: Erase


class PersonalData:
    """The parts that hold something of people, in the order in which they said so."""

    def __init__(self) -> None:
        self._holdings: dict[str, Holding] = {}

    def hold(self, name: str, *, export: Export, erase: Erase) -> None:
        """Adds a part.

        Raises:
            ValueError: another part has that name.
        """
        if name in self._holdings:
            raise ValueError(f"there is a part {name!r} already")
        self._holdings[name] = Holding(name, export, erase)

    async def export(self, session: AsyncSession, user_id: UserId) -> dict[str, JsonValue]:
        """Returns what every part holds of a person, by the name of the part."""
        return {
            name: await holding.export(session, user_id) for name, holding in self._holdings.items()
        }

    async def erase(self, work: UnitOfWork, user_id: UserId) -> None:
        """Has every part let go of a person."""
        for holding in self._holdings.values():
            await holding.erase(work, user_id)
