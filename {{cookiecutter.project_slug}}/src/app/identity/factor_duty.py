"""For whom a second factor is a must, as ``IDENTITY_SECOND_FACTOR_REQUIRED_OF`` says (ASVS 6.3.3).

Whoever is to have one and has none is no caller who is signed in: `Principal.kind` is
``"enrolling"``, which no guard, no topic and no socket knows. So nothing is open to them because
somebody forgot to ask, and what is to be open, to set the factor up, says so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import select

from app.identity.tables import FactorRow
from app.roles import READ_ADMINISTRATION
from app.roles import permits
from app.settings import RequiredOf


@dataclass(frozen=True, slots=True)
class FactorDuty:
    """Tells who has to have a second factor; administrators are those who may see administration.

    So auditors are among them: they read everybody's addresses. ``providers`` are those whose own
    second factor counts, for the sessions that begin with it.
    """

    of: RequiredOf = "nobody"
    providers: frozenset[str] = frozenset()

    def binds(self, roles: Collection[str]) -> bool:
        """Tells whether somebody with these roles has to have one."""
        if self.of == "administrators":
            return permits(roles, READ_ADMINISTRATION)
        return self.of == "everybody"

    def is_owed(self, roles: Collection[str], *, has_factor: bool, provider: str | None) -> bool:
        """Tells whether one is still owed; ``provider`` saw one as the session began, or none did.

        A provider that does not count any more does not count for sessions from before either.
        """
        return self.binds(roles) and not has_factor and provider not in self.providers


NO_DUTY = FactorDuty()


def has_factor(user_id: Any) -> ColumnElement[bool]:
    """Returns the condition that a person, by id or by column, has confirmed a second factor."""
    known = select(FactorRow.user_id).where(FactorRow.user_id == user_id)
    return known.where(FactorRow.confirmed_at.is_not(None)).exists()
