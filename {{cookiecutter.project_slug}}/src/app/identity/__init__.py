"""Users, passwords and server-side sessions."""

from app.identity.facade import Identity
from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionSummary
from app.identity.session_record import SessionToken
from app.identity.users import User

__all__ = ["Identity", "SessionRecord", "SessionSummary", "SessionToken", "User"]
