"""What `make soak-bars` runs: every file that has a bar in full, and each within a bound."""

from pathlib import Path

import pytest

from tests.soaking.bars import parts
from tests.soaking.bars import run
from tests.soaking.bars import telling

NO_TEST = Path("tests/soaking/bars.py")
CALL = "2026-07-01 12:00:00 [info     ] request   bytes=105 method=GET path=/ status=404\n"


def test_every_file_with_a_bar_in_full_is_a_part() -> None:
    found = {str(part) for part in parts()}

    assert "tests/api/test_schemathesis.py" in found
    assert "tests/bars/test_overload.py" in found
    assert len(found) > 10
    assert parts(["test_overload"]) == [Path("tests/bars/test_overload.py")]


def test_a_part_that_does_not_end_is_given_up() -> None:
    assert run(NO_TEST, seconds=0.01) == "not done after 0 s"


def test_of_what_passed_the_figures_are_told_and_of_what_failed_the_log_as_well() -> None:
    passed = ["===== PASSES =====\n", "____ test_calls ____\n", CALL, "81 calls tried\n"]
    failed = ["===== FAILURES =====\n", "____ test_idle ____\n", CALL, "E  assert 1 == 2\n"]

    assert list(telling([*passed, *failed])) == [*passed[:2], "81 calls tried\n", *failed]


def test_what_a_part_has_measured_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    outcome = run(Path("tests/soaking/test_bars.py"), seconds=600)

    assert outcome == "nothing to run"
    assert "deselected" in capfd.readouterr().out
