"""What both outboxes promise, and who gets one."""

from pathlib import Path
from typing import Any

import pytest

from app.errors import Unavailable
from app.mail import Mail
from app.mail import Message
from app.mail import Outbox
from app.mail.outbox import FolderOutbox
from app.mail.outbox import MemoryOutbox
from app.settings import MailSettings
from app.settings import Settings

MOST = 5
LETTER = Message("ada@example.com", "Grüße an Ada", "plain ✓\n", "<p>formed ✓</p>\n")


@pytest.fixture(params=["memory", "folder"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Outbox:
    if request.param == "memory":
        return MemoryOutbox(most=MOST)
    folder = tmp_path / "new" / "mail"
    return FolderOutbox(folder, sender="no-reply@example.com", sender_name="Harbour", most=MOST)


async def test_an_outbox_keeps_letters_as_they_were_the_newest_first(outbox: Outbox) -> None:
    assert outbox.kept() == []
    await outbox.send(Message("lin@example.com", "First", "text\n", "<p>text</p>\n"))
    await outbox.send(LETTER)

    newest, oldest = outbox.kept()

    assert newest.message == LETTER
    assert oldest.message.subject == "First"
    assert outbox.find(newest.id) == newest


async def test_an_outbox_keeps_no_more_than_the_newest(outbox: Outbox) -> None:
    for number in range(MOST + 2):
        await outbox.send(Message("ada@example.com", f"Number {number}", "", ""))

    subjects = [kept.message.subject for kept in outbox.kept()]

    assert len(subjects) == MOST
    assert subjects[-1] == "Number 2"


@pytest.mark.parametrize("name", ["", "nothing", "../../secret", "..%2f", "20260101T000000000000-"])
def test_what_is_not_there_is_not_found_and_no_other_file_is(
    outbox: Outbox, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.eml").write_text("secret")

    assert outbox.find(name) is None


def settings(environment: str, **mail: Any) -> Settings:
    return Settings.model_construct(
        environment=environment, mail=MailSettings.model_construct(**mail)
    )


@pytest.mark.parametrize("environment", ["development", "test", "production"])
def test_where_there_is_a_mail_server_nothing_is_kept(environment: str) -> None:
    assert Mail(settings(environment, host="mail.example.com")).outbox is None


async def test_production_keeps_nothing_and_says_what_is_missing() -> None:
    mail = Mail(settings("production"))

    assert mail.outbox is None
    with pytest.raises(Unavailable, match="MAIL_HOST"):
        await mail.send(LETTER)


def test_a_sender_that_is_no_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="MAIL_SENDER"):
        Mail(settings("test", sender="Harbour <no-reply@example.com>"))
