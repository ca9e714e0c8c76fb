"""The catalogue of close codes, and its page."""

from pathlib import Path

import pytest

from app.realtime.protocol.close_codes import CATALOGUE
from app.realtime.protocol.close_codes import CloseCode

PAGE = Path(__file__).parents[3] / "docs" / "close-codes.md"


@pytest.mark.parametrize("code", CloseCode)
def test_every_code_has_a_meaning_and_a_line_in_the_docs(code: CloseCode) -> None:
    closing = CATALOGUE[code]

    row = next(line for line in PAGE.read_text().splitlines() if f"| {int(code)} |" in line)
    assert code.name in row
    assert closing.meaning in row
    assert closing.duty in row


@pytest.mark.parametrize("code", CloseCode)
def test_a_client_needs_one_rule(code: CloseCode) -> None:
    assert code.retry == (not str(int(code)).startswith("44"))
