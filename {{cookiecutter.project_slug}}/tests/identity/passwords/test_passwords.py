import asyncio
import statistics
import time
from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from app.errors import Invalid
from app.errors import Unavailable
from app.identity.passwords.hashing import PASSWORD_MAX_BYTES
from app.identity.passwords.hashing import QUEUED_PER_THREAD
from app.identity.passwords.hashing import Passwords
from app.settings import IdentitySettings

PASSWORD = "correct horse battery staple"
# Ten times the bar of 150 ms.


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(IdentitySettings.model_construct(password_hash_threads=1))
    yield made
    made.close()


async def test_a_hash_fits_its_password_and_no_other(passwords: Passwords) -> None:
    password_hash = await passwords.hash(PASSWORD)

    assert await passwords.verify(PASSWORD, password_hash)
    assert not await passwords.verify(PASSWORD + ".", password_hash)


async def test_the_hash_is_argon2id_with_the_cost_that_owasp_asks_for(passwords: Passwords) -> None:
    assert (await passwords.hash(PASSWORD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_two_spellings_of_an_accent_are_one_password(passwords: Passwords) -> None:
    password_hash = await passwords.hash("caf\u00e9 caf\u00e9")

    assert await passwords.verify("cafe\u0301 cafe\u0301", password_hash)


@pytest.mark.parametrize("password", ["", "short", "x" * (PASSWORD_MAX_BYTES + 1), "\ud800" * 9])
async def test_a_password_that_will_not_do_is_refused_when_chosen_and_wrong_when_given(
    passwords: Passwords, password: str
) -> None:
    password_hash = await passwords.hash(PASSWORD)

    with pytest.raises(Invalid) as refusal:
        await passwords.check(password)

    assert list(refusal.value.fields) == ["password"]
    assert not await passwords.verify(password, password_hash)


async def test_the_length_that_counts_is_that_in_bytes(passwords: Passwords) -> None:
    await passwords.check("é" * (PASSWORD_MAX_BYTES // 2))

    with pytest.raises(Invalid):
        await passwords.check("é" * (PASSWORD_MAX_BYTES // 2 + 1))


async def test_a_hash_with_other_parameters_wants_replacing(passwords: Passwords) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(PASSWORD)

    assert await passwords.verify(PASSWORD, weaker)
    assert passwords.needs_rehash(weaker)
    assert not passwords.needs_rehash(await passwords.hash(PASSWORD))


async def test_a_hash_that_is_none_fits_nothing(passwords: Passwords) -> None:
    assert not await passwords.verify(PASSWORD, "!")


async def test_nobodys_password_takes_as_long_to_refuse_as_a_wrong_one(
    passwords: Passwords,
) -> None:
    password_hash = await passwords.hash(PASSWORD)
    too_long = "x" * (PASSWORD_MAX_BYTES + 1)

    cases = [("wrong", password_hash), ("wrong", None), (too_long, password_hash)]
    rounds = [[await cpu_seconds(passwords, *case) for case in cases] for _ in range(7)]
    known, unknown, unusable = (statistics.median(taken) for taken in zip(*rounds, strict=True))

    assert 0.4 < unknown / known < 2.5
    assert 0.4 < unusable / known < 2.5


async def cpu_seconds(passwords: Passwords, password: str, password_hash: str | None) -> float:
    """Returns what a refusal costs: how long it takes is also up to who else is on the machine."""
    begun = time.process_time()
    assert not await passwords.verify(password, password_hash)
    return time.process_time() - begun


async def test_the_event_loop_runs_on_while_passwords_are_hashed(passwords: Passwords) -> None:
    turns = 0
    hashing = asyncio.create_task(passwords.hash(PASSWORD))
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 10


async def test_twenty_checks_at_once_leave_the_loop_free(passwords: Passwords) -> None:
    lags = []
    checks = asyncio.gather(*(passwords.verify(PASSWORD, None) for _ in range(20)))
    while not checks.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append(1000 * (time.perf_counter() - begun) - 1)
    lags.sort()
    print(f"loop lag: p99 {lags[int(0.99 * len(lags))]:.1f} ms, worst {lags[-1]:.1f} ms")

    assert await checks == [False] * 20
    assert len(lags) > 20  # the loop went round meanwhile; with checks of its own it would stand


async def test_hashing_on_the_loop_would_stop_it_for_as_long_as_it_takes() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    before = ticks
    PasswordHasher(time_cost=2, memory_cost=19 * 1_024, parallelism=1).hash(PASSWORD)
    after = ticks
    ticking.cancel()

    assert after == before


async def test_a_flood_is_refused_instead_of_queued_without_end(passwords: Passwords) -> None:
    waiting = [
        asyncio.create_task(passwords.verify(PASSWORD, None)) for _ in range(QUEUED_PER_THREAD)
    ]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await passwords.verify(PASSWORD, None)

    assert await asyncio.gather(*waiting) == [False] * QUEUED_PER_THREAD
    assert not await passwords.verify(PASSWORD, None)


async def test_a_caller_who_leaves_frees_no_place_before_the_thread_is_done(
    passwords: Passwords,
) -> None:
    waiting = [
        asyncio.create_task(passwords.verify(PASSWORD, None)) for _ in range(QUEUED_PER_THREAD)
    ]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    with pytest.raises(Unavailable):
        await passwords.verify(PASSWORD, None)
