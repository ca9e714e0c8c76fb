"""What the rest of the service asks of mail: to write a letter, and to send it."""

from pathlib import Path
from typing import Protocol

from app.errors import Unavailable
from app.mail.letters import Letters
from app.mail.message import Message
from app.mail.message import is_address
from app.mail.outbox import FolderOutbox
from app.mail.outbox import MemoryOutbox
from app.mail.outbox import Outbox
from app.mail.smtp import SmtpPost
from app.settings import Settings


class Post(Protocol):
    """A way out for letters."""

    async def send(self, message: Message) -> None:
        """Takes the letter on.

        Raises:
            GiveUp: this letter will never be taken.
            Unavailable: another try may work.
        """
        ...


class NoPost:
    """Production without a mail server: every letter waits for one, and `app check` says so."""

    async def send(self, message: Message) -> None:
        """Takes nothing on.

        Raises:
            Unavailable: always.
        """
        raise Unavailable("MAIL_HOST is not set")


class Mail:
    """Writes letters and sends them; call it from a job, which tries again when that fails.

    ``outbox`` holds what was kept instead of sent: in development a folder, in tests the memory,
    and None where letters really leave.

    Raises:
        ValueError: MAIL_SENDER is no address.
    """

    def __init__(self, settings: Settings) -> None:
        if not is_address(settings.mail.sender):
            raise ValueError("MAIL_SENDER is an address, such as no-reply@example.com")
        self.letters = Letters(app_name=settings.app_name, public_url=settings.public_url)
        self.outbox = open_outbox(settings)
        self._post: Post = self.outbox or open_post(settings)

    async def send(self, message: Message) -> None:
        """Sends a letter, or keeps it.

        Raises:
            GiveUp: this letter will never be taken.
            Unavailable: the mail server is away; another try may work.
        """
        await self._post.send(message)


def open_outbox(settings: Settings) -> Outbox | None:
    """Returns where letters are kept, unless there is a server to take them or it is production."""
    mail = settings.mail
    if mail.host or settings.environment == "production":
        return None
    if settings.environment == "test":
        return MemoryOutbox()
    return FolderOutbox(Path(mail.folder), sender=mail.sender, sender_name=settings.app_name)


def open_post(settings: Settings) -> Post:
    """Returns the way to the mail server, if there is one."""
    if not settings.mail.host:
        return NoPost()
    return SmtpPost(settings.mail, sender_name=settings.app_name)
