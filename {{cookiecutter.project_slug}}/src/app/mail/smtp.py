"""Sends letters to a mail server."""

import asyncio
import ssl

import aiosmtplib
import structlog

from app.errors import GiveUp
from app.errors import Unavailable
from app.mail.message import Message
from app.mail.message import as_email
from app.settings import MailSettings

# From here on a server says that it will never take this message (RFC 5321, 4.2.1).
PERMANENT = 500

log = structlog.get_logger()


class SmtpPost:
    """A mail server, reached anew for each letter: there are few, and connections grow stale.

    With ``starttls`` a server that offers no TLS gets nothing, neither password nor letter: a
    network that strips the offer must not read along.
    """

    def __init__(self, settings: MailSettings, *, sender_name: str) -> None:
        self._settings = settings
        self._sender_name = sender_name
        self._tls = None
        if settings.tls != "none":
            self._tls = ssl.create_default_context(cafile=settings.authority_file or None)

    async def send(self, message: Message) -> None:
        """Hands the letter over; the server has taken it on when this returns.

        Raises:
            GiveUp: the server will never take this one, so trying again makes no sense.
            Unavailable: it is away, too slow, busy, or set up wrongly; another try may work.
        """
        settings = self._settings
        email = as_email(message, sender=settings.sender, sender_name=self._sender_name)
        try:
            async with asyncio.timeout(settings.send_seconds), self._client() as client:
                await client.send_message(email, sender=settings.sender, recipients=[message.to])
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failure(error.recipients[0]) from error
        except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPSenderRefused) as error:
            raise _failure(error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # A refused password too: whoever runs the service mends it, and the letter goes out.
            reason = f"{type(error).__name__} from {settings.host}:{settings.port}"
            log.warning("mail_server_away", reason=reason, detail=str(error))
            raise Unavailable(f"no letter can be sent: {reason}") from error

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password or None,
            # Otherwise the library asks DNS for our own name, and waits for that.
            local_hostname=settings.sender.rpartition("@")[2],
            timeout=settings.connect_seconds,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
        )


def _failure(error: aiosmtplib.SMTPResponseException) -> Exception:
    told = f"the mail server answered {error.code} {error.message}"
    log.warning("mail_refused", code=error.code, detail=error.message)
    return GiveUp(told) if error.code >= PERMANENT else Unavailable(told)
