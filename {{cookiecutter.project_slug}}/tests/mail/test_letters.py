"""Letters from a pair of templates."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from app.mail.letters import Letters


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    (tmp_path / "hello.txt").write_text("Subject: Hello {{ name }}\n\nWelcome to {{ app_name }}.\n")
    (tmp_path / "hello.html").write_text("<p title='{{ subject }}'>{{ name }}</p>")
    (tmp_path / "bare.txt").write_text("Hello\n")
    made = Letters(app_name="Harbour")
    made.add_folder(tmp_path)
    return made


def test_the_first_line_is_the_subject_and_the_rest_the_text(letters: Letters) -> None:
    message = letters.write("hello", to="ada@example.com", name="Ada")

    assert message.subject == "Hello Ada"
    assert message.text == "Welcome to Harbour."


def test_a_name_is_text_in_the_form_that_is_html_and_as_typed_in_the_other(
    letters: Letters,
) -> None:
    message = letters.write("hello", to="ada@example.com", name="<b>")

    assert message.subject == "Hello <b>"
    assert message.html == "<p title='Hello &lt;b&gt;'>&lt;b&gt;</p>"


def test_a_name_of_two_lines_makes_no_second_header(letters: Letters) -> None:
    message = letters.write("hello", to="ada@example.com", name="Ada\nBcc: eve@example.com")

    assert message.subject == "Hello Ada"
    assert message.text.startswith("Bcc:")  # in the body, where it is but text


def test_a_fact_that_nobody_gave_is_a_mistake_and_not_a_gap(letters: Letters) -> None:
    with pytest.raises(UndefinedError, match="name"):
        letters.write("hello", to="ada@example.com")


def test_a_text_without_a_subject_is_a_mistake(letters: Letters) -> None:
    with pytest.raises(ValueError, match="Subject"):
        letters.write("bare", to="ada@example.com")
