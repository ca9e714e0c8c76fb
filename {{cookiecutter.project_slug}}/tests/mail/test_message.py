"""No text becomes a header of its own, whatever people call themselves."""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.mail import Message
from app.mail.message import as_email

BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("line_break", BREAKS)
def test_a_subject_is_one_line(line_break: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        Message("ada@example.com", f"Hello{line_break}Bcc: eve@example.com", "", "")


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "Ada <ada@example.com>",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\u2028",
        "everybody: ada@example.com;",
        "ada@example.com@example.org",
    ],
)
def test_a_message_goes_to_one_plain_address(to: str) -> None:
    with pytest.raises(ValueError, match="one address"):
        Message(to, "Hello", "", "")


@settings(max_examples=50, deadline=None)
@given(
    subject=st.text(min_size=1, max_size=200),
    name=st.text(max_size=80),
    text=st.text(max_size=200),
)
def test_no_text_adds_a_header(subject: str, name: str, text: str) -> None:
    try:
        message = Message("ada@example.com", subject, text, "")
        data = as_email(message, sender="no-reply@example.com", sender_name=name).as_bytes()
    except (ValueError, UnicodeEncodeError):
        return  # refused is as good
    head = data.partition(b"\r\n\r\n")[0]
    lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n")

    assert sorted(line.partition(b":")[0] for line in lines) == [
        b"Auto-Submitted",
        b"Content-Type",
        b"Date",
        b"From",
        b"MIME-Version",
        b"Message-ID",
        b"Subject",
        b"To",
    ]
