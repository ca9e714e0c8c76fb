"""Another phone for the second factor, with a clock to turn."""

import asyncio

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy import update

from app.errors import Conflict
from app.errors import Unauthenticated
from app.errors import Unavailable
from app.identity import User
from app.identity.factors.new_phones import NewPhones
from app.identity.factors.new_phones import NothingWaits
from app.identity.factors.service import Factors
from app.identity.factors.service import WrongCode
from app.identity.owner_notices import OwnerNotices
from app.identity.sessions.service import Sessions
from app.identity.sessions.store import remove
from app.identity.tables import PendingFactorRow
from app.principal import ANONYMOUS
from app.principal import SYSTEM
from app.principal import Principal
from tests.identity.conftest import Clock
from tests.identity.conftest import FragileDatabase

KEY = "k" * 32


@pytest.fixture
def factors(fragile: FragileDatabase, clock: Clock) -> Factors:
    return Factors(fragile, KEY, OwnerNotices(), now=clock.now)


@pytest.fixture
def new_phones(fragile: FragileDatabase, sessions: Sessions, clock: Clock) -> NewPhones:
    return NewPhones(fragile, KEY, sessions, OwnerNotices(), now=clock.now)


async def come_in(sessions: Sessions, person: User) -> Principal:
    """Returns the person in one more browser."""
    record = await sessions.find(await sessions.begin(person, "Firefox on Linux"))
    assert record is not None
    return record.principal


@pytest.fixture
async def ada(sessions: Sessions, person: User) -> Principal:
    return await come_in(sessions, person)


@pytest.fixture
async def old(factors: Factors, ada: Principal, clock: Clock) -> pyotp.TOTP:
    """Returns Ada's present phone; a minute ago it was set up."""
    app = pyotp.TOTP(await factors.enrol(ada))
    await factors.confirm(ada, app.at(clock.now()))
    clock.turn(seconds=60)
    return app


async def is_refused(factors: Factors, ada: Principal, code: str) -> bool:
    try:
        await factors.check(ANONYMOUS, ada.own_id, code)
    except WrongCode:
        return True
    return False


async def outcome(new_phones: NewPhones, who: Principal, code: str) -> str:
    """Returns what becomes of a code: "taken", or the name of what was raised."""
    try:
        await new_phones.finish(who, code)
    except (WrongCode, Unauthenticated) as error:
        return type(error).__name__
    return "taken"


async def test_the_old_phone_counts_until_the_new_one_does_and_never_both(
    new_phones: NewPhones, factors: Factors, ada: Principal, old: pyotp.TOTP, clock: Clock
) -> None:
    [lost, *_] = await factors.new_codes(ada)
    new = pyotp.TOTP(await new_phones.begin(ada))
    early = await is_refused(factors, ada, new.at(clock.now()))
    present = await is_refused(factors, ada, old.at(clock.now()))

    codes = await new_phones.finish(ada, new.at(clock.now()))

    assert (early, present) == (True, False)
    assert await is_refused(factors, ada, new.at(clock.now()))  # used up by changing the phone
    clock.turn(seconds=60)
    assert await is_refused(factors, ada, old.at(clock.now()))
    assert not await is_refused(factors, ada, new.at(clock.now()))
    assert await is_refused(factors, ada, lost)
    assert not await is_refused(factors, ada, codes[0])
    assert (await factors.state(ada.own_id)).codes_left == len(codes) - 1
    assert await outcome(new_phones, ada, new.at(clock.now())) == "NothingWaits"


async def test_no_code_but_that_of_the_own_new_phone_changes_it(
    new_phones: NewPhones, sessions: Sessions, person: User, ada: Principal, old: pyotp.TOTP,
    clock: Clock,
) -> None:  # fmt: skip
    elsewhere = await come_in(sessions, person)
    not_begun = await outcome(new_phones, ada, old.at(clock.now()))
    new, theirs = [pyotp.TOTP(await new_phones.begin(who)) for who in (ada, elsewhere)]

    others = (
        old.at(clock.now()),
        theirs.at(clock.now()),
        new.at(clock.now(), counter_offset=-2),
        "",
        "000000",
    )
    assert not_begun == "NothingWaits"
    assert [await outcome(new_phones, ada, code) for code in others] == ["WrongCode"] * 5
    assert await outcome(new_phones, ada, new.at(clock.now())) == "taken"


async def test_a_secret_waits_for_a_quarter_of_an_hour(
    new_phones: NewPhones, ada: Principal, old: pyotp.TOTP, clock: Clock, fragile: FragileDatabase
) -> None:
    first, again = [await new_phones.begin(ada) for _ in range(2)]
    clock.turn(seconds=901)
    late = await outcome(new_phones, ada, pyotp.TOTP(first).at(clock.now()))

    second = await new_phones.begin(ada)
    clock.turn(seconds=901)
    await new_phones.delete_expired()

    assert (first == again, first == second, late) == (True, False, "NothingWaits")
    async with fragile.reading() as session:
        assert (await session.scalars(select(PendingFactorRow))).all() == []


async def test_of_many_changes_at_once_one_is_made(
    new_phones: NewPhones, factors: Factors, sessions: Sessions, person: User, ada: Principal,
    old: pyotp.TOTP, clock: Clock,
) -> None:  # fmt: skip
    elsewhere = await come_in(sessions, person)
    new, theirs = [pyotp.TOTP(await new_phones.begin(who)) for who in (ada, elsewhere)]
    tries = [(ada, new)] * 4 + [(elsewhere, theirs)] * 4

    ends = await asyncio.gather(
        *(outcome(new_phones, who, phone.at(clock.now())) for who, phone in tries)
    )

    assert ends.count("taken") == 1
    winner, loser = (new, theirs) if "taken" in ends[:4] else (theirs, new)
    lost = ends[4:] if winner is new else ends[:4]
    assert lost == ["Unauthenticated"] * 4  # that session has ended
    clock.turn(seconds=60)
    assert await is_refused(factors, ada, loser.at(clock.now()))
    assert not await is_refused(factors, ada, winner.at(clock.now()))


async def test_a_waiting_secret_is_sealed_about_its_session_and_its_purpose(
    new_phones: NewPhones, sessions: Sessions, person: User, ada: Principal, old: pyotp.TOTP,
    clock: Clock, fragile: FragileDatabase,
) -> None:  # fmt: skip
    elsewhere = await come_in(sessions, person)
    new, _ = pyotp.TOTP(await new_phones.begin(ada)), await new_phones.begin(elsewhere)
    mine = PendingFactorRow.session_id == ada.session_id
    async with fragile.transaction() as work:
        sealed = (
            await work.session.scalars(select(PendingFactorRow.sealed_secret).where(mine))
        ).one()
        await work.session.execute(update(PendingFactorRow).values(sealed_secret=sealed))

    with pytest.raises(Unavailable):
        await new_phones.finish(elsewhere, new.at(clock.now()))

    assert new.secret.encode() not in sealed
    assert await outcome(new_phones, ada, new.at(clock.now())) == "taken"


async def test_a_session_that_has_ended_changes_nothing_though_it_is_still_remembered(
    new_phones: NewPhones, ada: Principal, old: pyotp.TOTP, clock: Clock, fragile: FragileDatabase
) -> None:
    new = pyotp.TOTP(await new_phones.begin(ada))
    async with fragile.transaction() as work:
        await remove(work.session, ada.own_id)

    assert await outcome(new_phones, ada, new.at(clock.now())) == "Unauthenticated"
    with pytest.raises(Unauthenticated):
        await new_phones.begin(ada)
    with pytest.raises(Unauthenticated):
        await new_phones.begin(Principal(kind="user", user_id=ada.own_id, name="a token"))


async def test_without_a_phone_there_is_none_to_change(
    new_phones: NewPhones, factors: Factors, ada: Principal, old: pyotp.TOTP, clock: Clock
) -> None:
    new = pyotp.TOTP(await new_phones.begin(ada))
    await factors.remove(SYSTEM, ada.own_id)

    with pytest.raises(Conflict):
        await new_phones.begin(ada)
    with pytest.raises(Conflict):
        await new_phones.finish(ada, new.at(clock.now()))
    again = pyotp.TOTP(await factors.enrol(ada))
    await factors.confirm(ada, again.at(clock.now()))
    with pytest.raises(NothingWaits):  # what waited went with the old one
        await new_phones.finish(ada, new.at(clock.now()))
