"""The rows that several parts of identity read; what belongs to one part alone lies there."""

from app.identity.tables.factors import FactorRow
from app.identity.tables.factors import HalfSignInRow
from app.identity.tables.factors import PendingFactorRow
from app.identity.tables.factors import RecoveryCodeRow
from app.identity.tables.people import SessionRow
from app.identity.tables.people import TicketRow
from app.identity.tables.people import UserRow
from app.identity.tables.tokens import ApiTokenRow

__all__ = [
    "ApiTokenRow",
    "FactorRow",
    "HalfSignInRow",
    "PendingFactorRow",
    "RecoveryCodeRow",
    "SessionRow",
    "TicketRow",
    "UserRow",
]
