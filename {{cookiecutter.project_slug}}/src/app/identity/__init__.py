"""Users, passwords, server-side sessions, tickets and bearer tokens."""

from app.identity.bearers import Bearer
from app.identity.facade import Identity
from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionSummary
from app.identity.session_record import SessionToken
from app.identity.tickets import Ticket
from app.identity.users import User

__all__ = [
    "Bearer",
    "Identity",
    "SessionRecord",
    "SessionSummary",
    "SessionToken",
    "Ticket",
    "User",
]
