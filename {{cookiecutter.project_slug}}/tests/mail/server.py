"""A real small mail server in the loop of the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import AuthResult
from aiosmtpd.smtp import Envelope
from aiosmtpd.smtp import LoginPassword
from aiosmtpd.smtp import Session

from app.settings import MailSettings

ACCEPTED = "250 taken"


@dataclass
class MailServer:
    """What the server got, and how it answers the next letters; then it takes all that come."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Takes a letter, or answers what it was told to."""
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        if answer == ACCEPTED:
            content = envelope.original_content or b""
            self.letters.append(BytesParser(EmailMessage, policy=default).parsebytes(content))
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
            self.encrypted.append(session.ssl is not None)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """Notes who signs in; anybody may whose password is right."""
        assert isinstance(login, LoginPassword)
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"right", handled=False)

    def settings(self, **changed: Any) -> MailSettings:
        """Returns what leads here."""
        values = {"host": "127.0.0.1", "port": self.port, "sender": "no-reply@example.com"}
        return MailSettings.model_construct(**{**values, "tls": "none", **changed})


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """Yields a server that listens; with ``starttls`` it insists on that."""
    got = MailServer()

    def connected() -> SMTP:
        return SMTP(
            got,
            hostname="mail.example.com",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=got.authenticate,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", ssl=tls)
    got.port = server.sockets[0].getsockname()[1]
    try:
        yield got
    finally:
        server.close()


@asynccontextmanager
async def silent_server() -> AsyncIterator[MailServer]:
    """Yields a server that takes connections and never says a word."""
    never = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1")
    try:
        yield MailServer(port=server.sockets[0].getsockname()[1])
    finally:
        never.set()
        server.close()
