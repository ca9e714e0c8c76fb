"""Users, passwords, server-side sessions, tickets and bearer tokens."""

from app.identity.facade import Identity
from app.identity.mail_links.joining import SignUp
from app.identity.mail_links.links import DeadLink
from app.identity.mail_links.links import MailLink
from app.identity.people.accounts import Account
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import SessionSummary
from app.identity.sessions.record import SessionToken
from app.identity.sessions.store import LISTED_SESSIONS
from app.identity.sessions.tickets import Ticket
from app.identity.tokens.bearers import Bearer
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
