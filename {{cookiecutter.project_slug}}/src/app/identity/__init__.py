"""Users, passwords, server-side sessions, tickets and bearer tokens."""

from app.identity.accounts import Account
from app.identity.bearers import Bearer
from app.identity.facade import Identity
from app.identity.joining import SignUp
from app.identity.mail_links import DeadLink
from app.identity.mail_links import MailLink
from app.identity.session_record import SessionRecord
from app.identity.session_record import SessionSummary
from app.identity.session_record import SessionToken
from app.identity.session_store import LISTED_SESSIONS
from app.identity.tickets import Ticket
from app.identity.users import User

__all__ = [
    "LISTED_SESSIONS",
    "Account",
    "Bearer",
    "DeadLink",
    "Identity",
    "MailLink",
    "SessionRecord",
    "SessionSummary",
    "SessionToken",
    "SignUp",
    "Ticket",
    "User",
]
