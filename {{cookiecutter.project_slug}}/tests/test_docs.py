"""The documents are true: what they name exists, what exists is named, and their code runs."""

import ast
import inspect
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Command
from click import Group as CommandGroup
from quart import Quart

from app import errors
from app import settings as platform_settings
from app.__main__ import main
from app.setting_sources import Group
from tests.documents import PAGES
from tests.documents import ROOT
from tests.documents import Block
from tests.documents import blocks
from tests.documents import named_paths
from tests.people import Person

BLOCKS = list(blocks())
PYTHON = [block for block in BLOCKS if block.language == "python" and block.is_run]
SHELL = [block for block in BLOCKS if block.language == "sh"]
DATA = [block for block in BLOCKS if block.language in {"json", "toml"}]
RUNNABLE = {"python", "sh", "json", "toml", "js"}  # js: tests/browser/test_documents.py
NOT_RUN = [block for block in BLOCKS if not block.is_run]
NOT_RUN_MOST = 12


def groups() -> Iterator[type[Group]]:
    """Yields the classes of settings: the platform's, and those of the features."""
    yield from (
        value
        for value in vars(platform_settings).values()
        if inspect.isclass(value) and issubclass(value, Group) and value is not Group
    )


def variables(group: type[Group]) -> dict[str, str | None]:
    """Returns the environment variables of one class of settings with their fixed defaults."""
    prefix = group.model_config.get("env_prefix", "")
    return {
        f"{prefix}{name}".upper(): None if field.default_factory else str(field.default)
        for name, field in group.model_fields.items()
        if not (inspect.isclass(field.annotation) and issubclass(field.annotation, Group))
    }


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    exist = {name: default for group in groups() for name, default in variables(group).items()}
    text = (ROOT / "docs/settings.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) *\|", text, re.MULTILINE)
    shown = {name: value.strip("`") for name, value in rows}

    assert len(exist) > 50
    assert set(shown) == set(exist)
    assert len(rows) == len(shown)
    assert {n: shown[n] for n, d in exist.items() if d is not None and d != shown[n]} == {}


def test_every_problem_type_has_its_heading() -> None:
    page = (ROOT / "docs/problems.md").read_text()
    family = [
        value.__name__
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.AppError)
    ]
    names = {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in family} - {"app-error"}

    assert names
    assert {name for name in names if f"## {name}\n" not in page} == set()


@pytest.mark.parametrize(("page", "name"), sorted(set(named_paths())), ids=str)
def test_a_path_that_a_page_names_exists(page: Path, name: str) -> None:
    if "<" in name:
        pattern = re.sub(r"<\w+>", "*", name)
        assert list(ROOT.glob(pattern))
    else:
        base = ROOT / page.parent if name.startswith("./") else ROOT
        assert (base / name).exists() or list(ROOT.glob(name.removeprefix("./")))


def test_every_page_is_reached_from_the_readme_or_the_map() -> None:
    index = (ROOT / "README.md").read_text() + (ROOT / "docs/map.md").read_text()
    pages = [page for page in PAGES if page.parent.name != "decisions" and page.name != "map.md"]

    lost = [page.name for page in pages if page.name not in index]

    assert set(lost) <= {"README.md", "AGENTS.md"}


def test_few_blocks_are_excused_from_running() -> None:
    assert {block.language for block in BLOCKS if block.is_run} <= RUNNABLE | {""}
    assert len(NOT_RUN) <= NOT_RUN_MOST


@pytest.mark.parametrize("block", PYTHON, ids=str)
async def test_a_python_block_runs(
    block: Block, app: Quart, live_server: str, grace: Person
) -> None:
    given = {"__name__": "document", "app": app, "url": live_server, "cookie": grace.cookie}
    code = compile(
        block.code, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    async with app.app_context():
        outcome = eval(code, given)
        if inspect.isawaitable(outcome):
            await outcome


@pytest.mark.parametrize("block", DATA, ids=str)
def test_a_data_block_can_be_read(block: Block) -> None:
    read = json.loads if block.language == "json" else tomllib.loads

    assert read(block.code)


def commands(block: Block) -> Iterator[list[str]]:
    """Yields the words after ``app`` of each line that calls a command of ours."""
    for line in block.code.splitlines():
        words = shlex.split(line, comments=True)
        if "app" in words:
            yield words[words.index("app") + 1 :]


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_the_commands_of_a_shell_block_exist(block: Block) -> None:
    for words in commands(block):
        command: Command = main
        for word in words:
            if word.startswith("-"):
                name = word.split("=")[0]
                assert any(name in option.opts for option in command.params), f"{name} in {words}"
            elif isinstance(command, CommandGroup):
                assert word in command.commands, f"{word} in {words}"
                command = command.commands[word]
