"""Passwords that were in a breach cannot be chosen, where somebody has the list (ASVS 6.2.12)."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.errors import Invalid
from app.errors import Unavailable
from app.identity.passwords.breached import BreachedPasswords
from app.identity.passwords.hashing import Passwords
from app.settings import IdentitySettings

KNOWN = [f"breached number {number}" for number in range(300)]


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


@pytest.fixture(params=["\r\n", "\n"], ids=["as downloaded", "as of Unix"])
def listed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Returns a list as it is offered, with counts of every length."""
    path = tmp_path / "pwned-passwords.txt"
    lines = sorted(f"{sha1(one)}:{7**number % 10**9}" for number, one in enumerate(KNOWN))
    path.write_bytes(request.param.join([*lines, ""]).encode())
    return path


def test_each_that_is_on_the_list_is_found_and_no_other(listed: Path) -> None:
    breached = BreachedPasswords(str(listed))

    assert [one for one in KNOWN if not breached.has(one)] == []
    assert [one for one in KNOWN if breached.has(f"{one}!")] == []


@pytest.mark.parametrize("many", [0, 1, 2])
def test_so_it_is_in_the_shortest_lists(tmp_path: Path, many: int) -> None:
    path = tmp_path / "short.txt"
    path.write_text("\n".join(sorted(f"{sha1(one)}:1" for one in KNOWN[:many])))
    breached = BreachedPasswords(str(path))

    assert [breached.has(one) for one in KNOWN[:3]] == [number < many for number in range(3)]


async def test_nobody_chooses_one_of_them(listed: Path) -> None:
    settings = IdentitySettings.model_construct(breached_passwords_file=str(listed))
    passwords, without = Passwords(settings), Passwords(IdentitySettings.model_construct())

    with pytest.raises(Invalid) as refused:
        await passwords.check(KNOWN[7])
    await passwords.check("harbour lights at dusk")
    await without.check(KNOWN[7])  # as it is without the list

    assert "breach" in refused.value.fields["password"]
    passwords.close()
    without.close()


class Counting(ThreadPoolExecutor):
    """Threads that count what they are given."""

    given = 0

    def submit(self, *args: Any, **options: Any) -> Any:
        self.given += 1
        return super().submit(*args, **options)


async def test_where_there_is_no_list_no_thread_looks_for_one(listed: Path) -> None:
    settings = IdentitySettings.model_construct(breached_passwords_file=str(listed))
    threads = Counting()
    asyncio.get_running_loop().set_default_executor(threads)
    counts = []
    for one in (IdentitySettings.model_construct(), settings):
        before, passwords = threads.given, Passwords(one)
        await passwords.check("harbour lights at dusk")
        counts.append(threads.given - before)
        passwords.close()

    assert counts == [1, 2]


async def test_a_list_that_is_gone_lets_nothing_through(tmp_path: Path) -> None:
    settings = IdentitySettings.model_construct(breached_passwords_file=str(tmp_path / "none"))
    passwords = Passwords(settings)

    with pytest.raises(Unavailable):
        await passwords.check(KNOWN[7])
    passwords.close()
