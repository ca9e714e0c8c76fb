"""Letters on their way to a real mail server."""

import asyncio
from email.message import EmailMessage

import aiosmtplib
import pytest

from app.errors import GiveUp
from app.errors import Unavailable
from app.mail import Message
from app.mail.smtp import SmtpPost
from app.settings import MailSettings
from tests.mail.conftest import Certificates
from tests.mail.server import mail_server
from tests.mail.server import silent_server
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

LETTER = Message("ada@example.com", "Grüße", "plain ✓\n", "<p>formed ✓</p>\n")


def post(settings: MailSettings) -> SmtpPost:
    return SmtpPost(settings, sender_name="Harbour, Live")


def lines(part: EmailMessage) -> list[str]:
    return str(part.get_content()).splitlines()


async def test_a_letter_arrives_in_both_forms_with_its_headers(certificates: Certificates) -> None:
    async with mail_server(starttls=certificates.server) as server:
        settings = server.settings(
            tls="starttls",
            authority_file=certificates.authority_file,
            username="app",
            password="right",
        )

        await post(settings).send(LETTER)

    (letter,) = server.letters
    parts = {
        part.get_content_type(): lines(part)
        for part in letter.iter_parts()
        if isinstance(part, EmailMessage)
    }
    assert server.envelopes == [("no-reply@example.com", ["ada@example.com"])]
    assert letter["From"] == '"Harbour, Live" <no-reply@example.com>'
    assert (letter["To"], letter["Subject"]) == ("ada@example.com", "Grüße")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.com>")
    assert parts == {"text/plain": ["plain ✓"], "text/html": ["<p>formed ✓</p>"]}
    assert server.encrypted == [True]
    assert server.logins == [(b"app", b"right")]


async def test_tls_from_the_first_byte_works_too(certificates: Certificates) -> None:
    async with mail_server(tls=certificates.server) as server:
        settings = server.settings(tls="tls", authority_file=certificates.authority_file)

        await post(settings).send(LETTER)

    assert len(server.letters) == 1


@pytest.mark.parametrize("mode", ["starttls", "tls"])
async def test_a_server_that_nobody_vouches_for_gets_neither_letter_nor_password(
    certificates: Certificates, mode: str
) -> None:
    given = {mode: certificates.server}
    async with mail_server(**given) as server:
        settings = server.settings(tls=mode, username="app", password="right")

        with pytest.raises(Unavailable):
            await post(settings).send(LETTER)

    assert (server.letters, server.logins) == ([], [])


async def test_a_network_that_hides_the_offer_of_tls_gets_nothing() -> None:
    async with mail_server() as server:
        settings = server.settings(tls="starttls", username="app", password="right")

        with pytest.raises(Unavailable):
            await post(settings).send(LETTER)

    assert (server.letters, server.logins) == ([], [])


async def test_by_itself_the_library_would_go_on_without_tls() -> None:
    async with mail_server() as server:
        await aiosmtplib.send(
            b"Subject: hello\r\n\r\n",
            sender="no-reply@example.com",
            recipients="ada@example.com",
            hostname="127.0.0.1",
            port=server.port,
            local_hostname="example.com",
        )

    assert server.encrypted == [False]


async def test_what_the_server_will_never_take_is_given_up() -> None:
    async with mail_server() as server:
        server.answers = ["554 never"]

        with pytest.raises(GiveUp, match="554 never"):
            await post(server.settings()).send(LETTER)


@pytest.mark.parametrize("answer", ["451 not now", "421 closing"])
async def test_what_the_server_cannot_take_now_may_be_tried_again(answer: str) -> None:
    async with mail_server() as server:
        server.answers = [answer]

        with pytest.raises(Unavailable):
            await post(server.settings()).send(LETTER)
        await post(server.settings()).send(LETTER)

    assert len(server.letters) == 1


async def test_a_wrong_password_may_be_tried_again_since_somebody_will_mend_it() -> None:
    async with mail_server() as server:
        settings = server.settings(username="app", password="wrong")

        with pytest.raises(Unavailable, match="SMTPAuthenticationError"):
            await post(settings).send(LETTER)


async def test_a_server_that_says_nothing_is_waited_for_no_longer_than_allowed() -> None:
    async with silent_server() as server, asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(Unavailable):
            await post(server.settings(send_seconds=0.1)).send(LETTER)


async def test_a_server_that_is_not_there_is_told() -> None:
    settings = MailSettings.model_construct(host="127.0.0.1", port=free_port(), tls="none")

    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        await post(settings).send(LETTER)


async def test_an_address_with_letters_of_other_alphabets_arrives() -> None:
    letter = Message("grüße@example.com", "Hello", "text", "<p>text</p>")
    async with mail_server() as server:
        await post(server.settings()).send(letter)

    assert server.envelopes[0][1] == ["grüße@example.com"]
