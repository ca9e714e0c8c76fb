"""Nobody finds out who has an account: not by the words, not by the work, not by the time."""

import statistics
import time
from collections.abc import Callable

import pytest
from quart import Quart

from app.identity import users
from app.resources import resources_of
from tests.features.accounts.guessing import FORMS
from tests.features.accounts.guessing import chance
from tests.features.accounts.guessing import look
from tests.features.accounts.guessing import times
from tests.people import Person
from tests.people import password_hash

KNOWN, UNKNOWN = "grace@example.com", "gregg@example.com"
HASHES = {"sign-in": 1, "sign-up": 1, "again": 0, "forgot-password": 0, "forgot": 0}
GAP_MILLISECONDS, GAP_SHARE = 3.0, 0.05
SLACK = 10  # a busy machine is no fault of ours
CHANCE_MIN = 0.01
TRIES_PER_PERSON = 4


@pytest.mark.parametrize("path", FORMS)
async def test_known_and_unknown_get_one_answer_for_one_work(
    app: Quart, grace: Person, path: str
) -> None:
    known = await look(app, path, KNOWN, place="192.0.2.1")
    unknown = await look(app, path, UNKNOWN, place="192.0.2.2")

    assert known == unknown
    assert known.statements
    assert known.hashes == HASHES[path.rpartition("/")[2]]


async def test_looking_before_hashing_would_be_seen(app: Quart, grace: Person) -> None:
    """The naive way, which the test above would find."""
    identity = resources_of(app).identity

    async def naive(email: str) -> int:
        before = identity.passwords.begun
        async with resources_of(app).database.reading() as session:
            known = await users.find_credentials(session, email)
        if known is not None:
            await identity.passwords.verify("a guess", known.password_hash)
        return identity.passwords.begun - before

    assert (await naive(KNOWN), await naive(UNKNOWN)) == (1, 0)


async def crowd(app: Quart, tries: int) -> list[tuple[str, str]]:
    """Adds people; returns pairs of a known and an unknown address, some of each more than once."""
    pairs = []
    async with resources_of(app).database.transaction() as work:
        for number in range(-(-tries // TRIES_PER_PERSON)):
            known = f"known{number}@example.com"
            await users.create_user(work, email=known, name="K", password_hash=password_hash())
            pairs.append((known, f"other{number}@example.com"))
    return (pairs * TRIES_PER_PERSON)[:tries]


async def compare(
    app: Quart, path: str, tries: int, *, clock: Callable[[], float]
) -> tuple[float, float]:
    """Returns the chance of such a difference, and how often the bar the gap of medians is."""
    pairs = [pair async for pair in times(app, path, await crowd(app, tries), clock=clock)]
    samples = list(zip(*pairs, strict=True))
    known, unknown = (statistics.median(sample) for sample in samples)
    p = chance(*samples)
    print(f"{path}: {tries} each, medians {known:.1f} ms known, {unknown:.1f} unknown, p {p:.3f}")
    return p, abs(known - unknown) / max(GAP_MILLISECONDS, GAP_SHARE * max(known, unknown))


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/forgot-password"])
async def test_known_and_unknown_take_the_same_time(app: Quart, path: str) -> None:
    """Of the processor: how long ten of each take is also up to who else is on the machine."""
    _, gap = await compare(app, path, 10, clock=time.process_time)

    assert gap <= SLACK


@pytest.mark.soak
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/forgot-password"])
async def test_two_hundred_tries_each_cannot_be_told_apart(app: Quart, path: str) -> None:
    """One of the two is enough: a gap nobody can use, or one that chance alone brings about."""
    p, gap = await compare(app, path, 200, clock=time.perf_counter)

    assert gap <= SLACK
    assert gap <= 1 or p > CHANCE_MIN


def test_the_rank_test_tells_apart_what_differs_and_nothing_else() -> None:
    one = [100 + (37 * number % 101) / 10 for number in range(200)]
    same = [100 + (53 * number % 103) / 10 for number in range(200)]

    assert chance(one, same) > 0.1
    assert chance(one, [value + 2 for value in same]) < CHANCE_MIN
    assert chance(one, [value - 2 for value in same]) < CHANCE_MIN
