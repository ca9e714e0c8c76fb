"""The walks lead where they say: every anchor names a file and something that stands in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import ROOT

WALKS = sorted((ROOT / "docs/walks").glob("*.md"))
# `src/app/realtime/hub/hub.py:Hub.flush` or `src/app/web/static/realtime.js:connect`
ANCHOR = re.compile(r"`((?:src|tests)/[\w./-]+):([\w.#]+)`")
ROW = re.compile(r"^\| (\d+) \|(.*)$", re.MULTILINE)
ANCHORS = [(walk, path, name) for walk in WALKS for path, name in ANCHOR.findall(walk.read_text())]


def names(path: Path) -> Iterator[str]:
    """Yields what a Python file defines, methods after the name of their class."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from (
                f"{node.name}.{one.name}"
                for one in node.body
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
            )
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def stands_in(name: str, path: Path) -> bool:
    """Returns whether a file defines a name; in a script, whether one begins something with it."""
    if path.suffix == ".py":
        return name in names(path)
    own = re.escape(name.rpartition(".")[2])
    begins = rf"(^|\s){own}(\(| = |$)|(class|function) {own}\b"
    return re.search(begins, path.read_text(), re.MULTILINE) is not None


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.stem)
def test_the_steps_of_a_walk_are_counted_and_each_has_a_place(walk: Path) -> None:
    steps = ROW.findall(walk.read_text())

    assert len(steps) > 5
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert [text for _, text in steps if not ANCHOR.search(text)] == []


@pytest.mark.parametrize(("walk", "path", "name"), ANCHORS)
def test_an_anchor_of_a_walk_leads_somewhere(walk: Path, path: str, name: str) -> None:
    assert stands_in(name, ROOT / path)


def test_a_name_that_is_gone_is_noticed() -> None:
    assert stands_in("Hub.flush", ROOT / "src/app/realtime/hub/hub.py")
    assert not stands_in("Hub.flash", ROOT / "src/app/realtime/hub/hub.py")
    assert stands_in("#closed", ROOT / "src/app/web/static/realtime.js")
    assert not stands_in("#clothed", ROOT / "src/app/web/static/realtime.js")
