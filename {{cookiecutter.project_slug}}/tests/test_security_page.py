"""The table of the bars in docs/security.md: each has its row, and each test it names exists.

So it is with the bars of features, which stand in their own pages and go with them.
"""

import ast
import re
from functools import cache

import pytest

from tests.documents import ROOT

PAGE = ROOT / "docs/security.md"
ROW = re.compile(r"^\| (?P<bar>[LFBW]\d+) \| (.+?) \| (.+?) \| (?P<proof>.+?) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
BARS = [
    *(f"L{number}" for number in (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 13)),
    *(f"F{number}" for number in (4, 5, 6, 12, 13, 15, 16, 21, 22, 24, 25, 27)),
    *(f"B{number}" for number in (*range(6, 17), 19, 21, 22, 25, 28)),
    *(f"W{number}" for number in range(1, 29)),
]
OPEN_MOST = 3
ROWS = {found["bar"]: found["proof"] for found in ROW.finditer(PAGE.read_text())}
FEATURE_ROW = re.compile(
    r"^\| ([A-Z]\d+) \| (.+?) \| (.+?) \| (?P<proof>`tests/.+?) \|$", re.MULTILINE
)
FEATURE_PROOFS = [
    found["proof"]
    for page in sorted(PAGE.parent.glob("features/*.md"))
    for found in FEATURE_ROW.finditer(page.read_text().partition("\n## Bars\n")[2])
]
NAMED = sorted(
    {pair for proof in [*ROWS.values(), *FEATURE_PROOFS] for pair in TEST.findall(proof)}
)


@cache
def names_in(path: str) -> frozenset[str]:
    """Returns the names of the tests in one file."""
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_bar_has_exactly_one_row_in_order() -> None:
    rows = re.findall(r"^\| ([LFBW]\d+) \|", PAGE.read_text(), re.MULTILINE)

    assert rows == BARS
    assert list(ROWS) == BARS


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_proves_a_bar_exists(path: str, name: str) -> None:
    assert name in names_in(path)


@pytest.mark.parametrize("bar", BARS)
def test_a_bar_is_proven_or_open(bar: str) -> None:
    proof = ROWS[bar]

    assert TEST.search(proof) or proof.startswith(("open: ", "template: `"))


def test_few_bars_are_open() -> None:
    assert sum("open: " in proof for proof in ROWS.values()) <= OPEN_MOST
