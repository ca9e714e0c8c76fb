"""Where letters stay that nobody is to get: those of development and of tests."""

import re
import secrets
from collections import deque
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

from app.mail.message import Message
from app.mail.message import as_email

KEPT_MESSAGES = 100
ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter that was kept instead of sent."""

    id: str
    sent_at: datetime
    message: Message


class Outbox(Protocol):
    """Keeps the newest letters, `KEPT_MESSAGES` of them unless told otherwise."""

    async def send(self, message: Message) -> None:
        """Keeps the letter."""
        ...

    def kept(self) -> list[Kept]:
        """Returns the letters, the newest first."""
        ...

    def find(self, kept_id: str) -> Kept | None:
        """Returns one letter, None when it is not there or no longer."""
        ...


class MemoryOutbox:
    """Letters of this process alone, for tests."""

    def __init__(self, *, most: int = KEPT_MESSAGES) -> None:
        self._kept: deque[Kept] = deque(maxlen=most)

    async def send(self, message: Message) -> None:
        """Keeps the letter."""
        now = datetime.now(UTC)
        self._kept.appendleft(Kept(new_id(now), now, message))

    def kept(self) -> list[Kept]:
        """Returns the letters, the newest first."""
        return list(self._kept)

    def find(self, kept_id: str) -> Kept | None:
        """Returns one letter, None when it is not there or no longer."""
        return next((kept for kept in self._kept if kept.id == kept_id), None)


class FolderOutbox:
    """Letters as files that any mail program opens: the worker writes, the web process shows."""

    def __init__(
        self, folder: Path, *, sender: str, sender_name: str, most: int = KEPT_MESSAGES
    ) -> None:
        self._folder = folder
        self._most = most
        self._sender = sender
        self._sender_name = sender_name

    async def send(self, message: Message) -> None:
        """Keeps the letter; whole or not at all, since somebody may look while it is written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        email = as_email(message, sender=self._sender, sender_name=self._sender_name)
        name = new_id(datetime.now(UTC))
        draft = self._folder / f"{name}.draft"
        draft.write_bytes(email.as_bytes())
        draft.rename(self._folder / f"{name}.eml")
        for old in self._names()[self._most :]:
            self._path(old).unlink(missing_ok=True)

    def kept(self) -> list[Kept]:
        """Returns the letters, the newest first."""
        found = (self.find(name) for name in self._names()[: self._most])
        return [kept for kept in found if kept is not None]

    def find(self, kept_id: str) -> Kept | None:
        """Returns one letter, None when it is not there or no longer."""
        if not ID.fullmatch(kept_id):  # it comes from an address, and becomes the name of a file
            return None
        try:
            return read(kept_id, self._path(kept_id).read_bytes())
        except FileNotFoundError:
            return None

    def _names(self) -> list[str]:
        return sorted((path.stem for path in self._folder.glob("*.eml")), reverse=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.eml"


def new_id(now: datetime) -> str:
    """Returns a name that sorts by time; two processes in one moment get two."""
    return f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def read(name: str, data: bytes) -> Kept:
    """Returns the letter in a file that `FolderOutbox` has written."""
    email = message_from_bytes(data, policy=default)
    message = Message(
        to=str(email["To"]),
        subject=str(email["Subject"]),
        text=_part(email, "plain"),
        html=_part(email, "html"),
    )
    return Kept(name, parsedate_to_datetime(str(email["Date"])).astimezone(UTC), message)


def _part(email: EmailMessage, kind: str) -> str:
    body = email.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
