"""docs/asvs.md answers every requirement of ASVS 5.0, Levels 1 and 2, and names only tests that exist."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "{{cookiecutter.project_slug}}"
PAGE = (ROOT / "docs/asvs.md").read_text()
ROW = re.compile(r"^\| (?P<id>\d+\.\d+\.\d+) \| (?P<level>[12]) \| (?P<asked>.+?) \| (?P<answer>.+?) \|$", re.MULTILINE)
TEST = re.compile(r"(template: )?`([\w/.]+\.py)(?:::(test_\w+))?`")
ROWS = [found.groupdict() for found in ROW.finditer(PAGE)]
# How many requirements of Level 1 and of Level 2 each chapter of the standard has.
CHAPTERS = {
    **{1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3)},
    **{10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7)},
}
NOT_COUNTED = {"1": {10}, "2": {10, 17}}  # OAuth; OAuth and WebRTC
OPEN_MOST_PERCENT = {"1": 0, "2": 10}


def chapter(row: dict[str, str]) -> int:
    """Returns the chapter of a row."""
    return int(row["id"].partition(".")[0])


@cache
def names_in(path: Path) -> frozenset[str]:
    """Returns the names of the functions in one file."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))


def test_every_requirement_has_one_row() -> None:
    counted = Counter((chapter(row), row["level"]) for row in ROWS)

    assert len({row["id"] for row in ROWS}) == len(ROWS) == 70 + 183
    assert {key: (counted[key, "1"], counted[key, "2"]) for key in CHAPTERS} == CHAPTERS


@pytest.mark.parametrize("level", ["1", "2"])
def test_nearly_all_are_answered(level: str) -> None:
    counted = [row for row in ROWS if row["level"] == level and chapter(row) not in NOT_COUNTED[level]]
    open_ones = [row["id"] for row in counted if row["answer"].startswith("open: ")]

    assert len(counted) == {"1": 65, "2": 152}[level]
    assert 100 * len(open_ones) / len(counted) <= OPEN_MOST_PERCENT[level], open_ones


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_an_answer_is_a_test_that_exists_or_a_reason(row: dict[str, str]) -> None:
    answer = row["answer"]
    if answer.startswith(("open: ", "not applicable, because ")):
        assert len(answer.split()) > 4
        return
    named = TEST.findall(answer)
    assert named
    for of_template, file, name in named:
        path = (ROOT if of_template else PROJECT) / "tests" / file
        assert path.is_file()
        assert not name or name in names_in(path)
