"""E-mail: letters made from templates, and the ways in which they leave or are kept."""

from app.mail.facade import Mail
from app.mail.message import Message
from app.mail.outbox import Kept
from app.mail.outbox import Outbox

__all__ = ["Kept", "Mail", "Message", "Outbox"]
