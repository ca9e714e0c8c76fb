"""The project folder is valid as it lies: no conditional anywhere, answers only inside strings."""

import re
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from tests.combinations import as_answer
from tests.combinations import combinations
from tests.conftest import QUESTIONS
from tests.conftest import ROOT
from tests.conftest import Bake

PROJECT = ROOT / "{{cookiecutter.project_slug}}"
BAKE_SECONDS_HANG_GUARD = 300
MARKS = re.compile(r"cookiecutter\.|\{%-? *(raw|if|for|set)\b|__\w+_toml|features\.toml")


def files_below(folder: Path) -> list[Path]:
    """Returns the files of a bake, or of the template those that git tracks or would track."""
    if ROOT not in folder.parents:
        return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder]
    names = subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")
    return sorted(ROOT / name for name in names if name)


def text_files(folder: Path) -> dict[str, str]:
    """Returns the text of every file below ``folder`` that is text, by its relative path."""
    found = {}
    for path in files_below(folder):
        if path.is_file():
            try:
                found[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                assert path.suffix in {".png", ".woff2", ".ico"}, f"{path} is neither text nor a known picture"
    return found


def is_copied(path: str) -> bool:
    """Tells whether cookiecutter copies this path without looking into it."""
    return path.split("/")[0] in QUESTIONS["_copy_without_render"]


FILES = text_files(PROJECT)
RENDERED = {path: text for path, text in FILES.items() if not is_copied(path)}
COPIED = {path: text for path, text in FILES.items() if is_copied(path)}


def test_there_are_files_of_both_kinds() -> None:
    assert len(RENDERED) > 5
    assert len(COPIED) > 50


def test_no_rendered_file_holds_a_conditional() -> None:
    assert [path for path, text in RENDERED.items() if "{%" in text] == []


def test_no_copied_file_names_the_template() -> None:
    assert [path for path, text in COPIED.items() if "cookiecutter" in text.lower()] == []


@pytest.mark.parametrize("path", [path for path in RENDERED if path.endswith(".toml")])
def test_a_toml_file_is_valid_as_it_lies(path: str) -> None:
    assert tomllib.loads(RENDERED[path])


def test_free_text_never_reaches_the_compose_files() -> None:
    compose = {path: text for path, text in RENDERED.items() if path.startswith("compose")}
    free = re.compile(r"project_name|description|author_name|_toml")

    assert compose
    assert [path for path, text in compose.items() if free.search(text)] == []


@pytest.mark.parametrize("features", combinations(), ids=as_answer)
def test_no_mark_of_the_template_is_left_after_a_bake(bake: Bake, features: frozenset[str]) -> None:
    started = time.monotonic()
    baked = bake(features=as_answer(features))
    seconds = time.monotonic() - started

    assert baked.code == 0, baked.output
    left = {path: MARKS.search(text) for path, text in text_files(baked.project).items() if not path.endswith(".html")}
    assert {path: mark[0] for path, mark in left.items() if mark} == {}
    print(f"bake of {as_answer(features)}: {seconds:.2f} s")
    assert seconds < BAKE_SECONDS_HANG_GUARD


def test_the_answers_shown_are_the_answers_used(bake: Bake) -> None:
    baked = bake(project_slug="seen", domain_name="seen.example.org")

    assert tomllib.loads((baked.project / "pyproject.toml").read_text())["project"]["name"] == "seen"
    assert "seen.example.org" in (baked.project / ".env.example").read_text()


def test_every_question_is_asked_in_words() -> None:
    asked = {name for name in QUESTIONS if not name.startswith("_")}

    assert set(QUESTIONS["__prompts__"]) == asked


def test_a_slug_that_names_a_dependency_is_reserved() -> None:
    document = tomllib.loads(RENDERED["pyproject.toml"])
    groups = [document["project"]["dependencies"], *document["dependency-groups"].values()]
    names = {re.split(r"[^a-z0-9-]", requirement)[0] for group in groups for requirement in group}

    assert len(names) > 20
    assert names - set(QUESTIONS["_reserved"]) == set()
