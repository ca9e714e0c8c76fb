"""One letter to one person, and its form on the wire."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from email.utils import localtime
from email.utils import make_msgid

# What could end a header line and begin another, however a program on the way reads it.
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
# One mailbox, never a list of them, a group or a name with an address: `To` says nothing else.
_PART = r"[^\s@<>\"(),:;\\\x00-\x1f\x7f-\x9f\u2028\u2029]+"
_ADDRESS = re.compile(f"{_PART}@{_PART}")


def is_address(text: str) -> bool:
    """Tells whether this is one plain address, fit for a header and for an envelope."""
    return _ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Message:
    """A letter in two forms, of which the reader's program shows the one that it likes better.

    Raises:
        ValueError: the address is not exactly one, or the subject holds more than one line.
    """

    to: str
    subject: str
    text: str
    html: str

    def __post_init__(self) -> None:
        if not is_address(self.to):
            raise ValueError("a message goes to one address")
        if not self.subject or _BREAKS.search(self.subject):
            raise ValueError("a subject is one line")


def as_email(message: Message, *, sender: str, sender_name: str) -> EmailMessage:
    """Returns the message with its headers; ``sender`` is an address."""
    utf8 = not (message.to.isascii() and sender.isascii())
    email = EmailMessage(policy=SMTP.clone(utf8=utf8))
    email["From"] = Address(_BREAKS.sub(" ", sender_name), addr_spec=sender)
    email["To"] = message.to
    email["Subject"] = message.subject
    email["Date"] = format_datetime(localtime())
    email["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    # RFC 3834: nobody's holiday notice answers this, and so none comes back to us.
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.text)
    email.add_alternative(message.html, subtype="html")
    return email
