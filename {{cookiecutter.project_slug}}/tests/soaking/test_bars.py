"""What `make soak-bars` runs: every file that has a bar in full, and each within a bound."""

from pathlib import Path

from tests.soaking.bars import parts
from tests.soaking.bars import run

NO_TEST = Path("tests/soaking/bars.py")


def test_every_file_with_a_bar_in_full_is_a_part() -> None:
    found = {str(part) for part in parts()}

    assert "tests/api/test_schemathesis.py" in found
    assert "tests/bars/test_overload.py" in found
    assert len(found) > 10
    assert parts(["test_overload"]) == [Path("tests/bars/test_overload.py")]


def test_a_part_that_does_not_end_is_given_up() -> None:
    assert run(NO_TEST, seconds=0.01) == "not done after 0 s"
