"""Programs below a private folder are copied to where the servers' account can execute them."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.embedded import binaries
from app.embedded.account import Account

PROGRAMS = [(lambda: binaries.find_postgres() / "postgres"), binaries.find_valkey]


class Stranger(Account):
    """An account that can reach nothing below a private folder."""

    def can_reach(self, folder: Path) -> bool:
        return False


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stranger:
    monkeypatch.setattr(binaries, "COPIES", tmp_path)
    return Stranger(os.geteuid(), os.getegid(), is_other=True)


@pytest.mark.parametrize("find", PROGRAMS, ids=["postgresql", "valkey"])
def test_a_copy_runs_and_is_readable_by_all(
    find: Callable[[], Path], stranger: Stranger, tmp_path: Path
) -> None:
    program = find()

    folder = binaries.reachable(program.parent, stranger)

    assert folder.is_relative_to(tmp_path)
    assert subprocess.check_output([folder / program.name, "--version"])
    assert (folder / program.name).stat().st_mode & 0o005 == 0o005


@pytest.mark.parametrize("find", PROGRAMS, ids=["postgresql", "valkey"])
def test_several_that_copy_at_once_end_with_one_copy(
    find: Callable[[], Path], stranger: Stranger, tmp_path: Path
) -> None:
    folder = find().parent

    with ThreadPoolExecutor(4) as threads:
        copies = set(threads.map(lambda _: binaries.reachable(folder, stranger), range(4)))

    assert len(copies) == 1
    assert len(list(tmp_path.iterdir())) == 1
