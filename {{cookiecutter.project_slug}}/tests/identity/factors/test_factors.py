"""The second factor, with a clock to turn."""

import asyncio

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy import update

from app.errors import Unauthenticated
from app.identity import User
from app.identity import users
from app.identity.factors.recovery_codes import CHARACTERS
from app.identity.factors.service import Factors
from app.identity.factors.service import FactorState
from app.identity.factors.service import WrongCode
from app.identity.owner_notices import OwnerNotices
from app.identity.sealing import CannotOpen
from app.identity.sealing import Sealer
from app.identity.sessions.service import Sessions
from app.identity.sessions.store import remove
from app.identity.signing_in.half_sign_ins import HalfSignIns
from app.identity.tables import FactorRow
from app.identity.tables import RecoveryCodeRow
from app.principal import ANONYMOUS
from app.principal import SYSTEM
from app.principal import Principal
from tests.identity.conftest import Clock
from tests.identity.conftest import FragileDatabase

KEY = "k" * 32
NEWER_KEY = "n" * 32


@pytest.fixture
def factors(fragile: FragileDatabase, clock: Clock) -> Factors:
    return Factors(fragile, KEY, OwnerNotices(), now=clock.now)


@pytest.fixture
def half_sign_ins(fragile: FragileDatabase, factors: Factors, clock: Clock) -> HalfSignIns:
    return HalfSignIns(fragile, factors, now=clock.now)


@pytest.fixture
async def ada(sessions: Sessions, person: User) -> Principal:
    record = await sessions.find(await sessions.begin(person, "Firefox on Linux"))
    assert record is not None
    return record.principal


async def app_of(factors: Factors, ada: Principal, clock: Clock) -> pyotp.TOTP:
    """Returns Ada's authenticator app, set up and confirmed; its code is used up."""
    app = pyotp.TOTP(await factors.enrol(ada))
    await factors.confirm(ada, app.at(clock.now()))
    return app


async def refused(factors: Factors, ada: Principal, code: str) -> bool:
    try:
        await factors.check(ANONYMOUS, ada.own_id, code)
    except WrongCode:
        return True
    return False


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, the last six digits of the SHA-1 row for 1111111109 seconds.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"

    assert pyotp.TOTP(secret).at(1_111_111_109) == "081804"


async def test_a_factor_counts_once_a_code_confirms_it(
    factors: Factors, ada: Principal, clock: Clock
) -> None:
    app = pyotp.TOTP(await factors.enrol(ada))
    before = await factors.state(ada.own_id)
    assert await refused(factors, ada, app.at(clock.now()))

    codes = await factors.confirm(ada, app.at(clock.now()))

    after = await factors.state(ada.own_id)
    assert (before.is_on, after.is_on, after.codes_left) == (False, True, 10)
    assert len(set(codes)) == 10


async def test_the_wrong_code_confirms_nothing(
    factors: Factors, ada: Principal, clock: Clock
) -> None:
    await factors.enrol(ada)

    with pytest.raises(WrongCode):
        await factors.confirm(ada, "000000")

    assert not (await factors.state(ada.own_id)).is_on


@pytest.mark.parametrize(("steps", "is_refused"), [(-2, True), (-1, False), (1, False), (2, True)])
async def test_one_step_of_drift_is_forgiven(
    factors: Factors, ada: Principal, clock: Clock, steps: int, is_refused: bool
) -> None:
    app = await app_of(factors, ada, clock)
    clock.turn(seconds=300)

    code = app.at(clock.now(), counter_offset=steps)

    assert await refused(factors, ada, code) is is_refused


async def test_a_session_that_has_ended_changes_nothing_though_it_is_still_remembered(
    factors: Factors, ada: Principal, clock: Clock, fragile: FragileDatabase
) -> None:
    app = pyotp.TOTP(await factors.enrol(ada))
    async with fragile.transaction() as work:  # by another process
        await remove(work.session, ada.own_id)

    with pytest.raises(Unauthenticated):
        await factors.confirm(ada, app.at(clock.now()))
    async with fragile.transaction() as work:
        await work.session.execute(update(FactorRow).values(confirmed_at=clock.now()))
    with pytest.raises(Unauthenticated):
        await factors.new_codes(ada)
    with pytest.raises(Unauthenticated):
        await factors.remove(ada, ada.own_id)

    assert await factors.state(ada.own_id) == FactorState(is_on=True, codes_left=0)
    await factors.remove(SYSTEM, ada.own_id)  # by another's will
    assert not (await factors.state(ada.own_id)).is_on


async def test_a_code_works_once_even_for_many_who_try_at_once(
    factors: Factors, ada: Principal, clock: Clock
) -> None:
    app = await app_of(factors, ada, clock)
    clock.turn(seconds=60)
    code = app.at(clock.now())

    answers = await asyncio.gather(*(refused(factors, ada, code) for _ in range(20)))

    assert answers.count(False) == 1
    assert await refused(factors, ada, code)


async def test_the_code_that_confirmed_and_those_before_it_are_used_up(
    factors: Factors, ada: Principal, clock: Clock
) -> None:
    app = await app_of(factors, ada, clock)

    assert await refused(factors, ada, app.at(clock.now()))
    assert await refused(factors, ada, app.at(clock.now(), counter_offset=-1))


async def test_a_recovery_code_works_once_however_it_is_typed(
    factors: Factors, ada: Principal, clock: Clock, fragile: FragileDatabase
) -> None:
    app = pyotp.TOTP(await factors.enrol(ada))
    code, other, *_ = await factors.confirm(ada, app.at(clock.now()))

    answers = await asyncio.gather(*(refused(factors, ada, code) for _ in range(10)))

    assert answers.count(False) == 1
    assert not await refused(factors, ada, other.upper().replace("-", " "))
    assert (await factors.state(ada.own_id)).codes_left == 8


async def test_new_recovery_codes_void_the_old_ones(
    factors: Factors, ada: Principal, clock: Clock
) -> None:
    app = pyotp.TOTP(await factors.enrol(ada))
    [old, *_] = await factors.confirm(ada, app.at(clock.now()))

    [new, *_] = await factors.new_codes(ada)

    assert await refused(factors, ada, old)
    assert not await refused(factors, ada, new)


async def test_the_database_alone_tells_neither_the_secret_nor_a_code(
    factors: Factors, ada: Principal, clock: Clock, fragile: FragileDatabase
) -> None:
    secret = await factors.enrol(ada)
    codes = await factors.confirm(ada, pyotp.TOTP(secret).at(clock.now()))

    async with fragile.reading() as session:
        row = (await session.scalars(select(FactorRow))).one()
        stored = (await session.scalars(select(RecoveryCodeRow))).all()

    assert secret.encode() not in row.sealed_secret
    assert {len(one.code_hash) for one in stored} == {32}
    assert CHARACTERS * 5 >= 112  # bits, so that a plain hash is enough (ASVS 6.5.2)
    assert not any(code.encode() in one.code_hash for one in stored for code in codes)


async def test_a_sealed_secret_opens_for_nobody_else_and_not_after_a_change() -> None:
    sealer = Sealer(KEY, purpose="second factor")
    sealed = sealer.seal(b"secret", about=b"ada")

    for other, about in (
        (sealer, b"grace"),
        (Sealer(KEY, purpose="mail"), b"ada"),
        (Sealer(NEWER_KEY, purpose="second factor"), b"ada"),
    ):
        with pytest.raises(CannotOpen):
            other.open(sealed, about=about)
    with pytest.raises(CannotOpen):
        sealer.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), about=b"ada")
    assert sealer.open(sealed, about=b"ada") == b"secret"


async def test_a_key_is_replaced_while_people_sign_in(
    factors: Factors, ada: Principal, clock: Clock, fragile: FragileDatabase
) -> None:
    app = await app_of(factors, ada, clock)
    both = Factors(fragile, f"{NEWER_KEY},{KEY}", OwnerNotices(), now=clock.now)
    newer = Factors(fragile, NEWER_KEY, OwnerNotices(), now=clock.now)

    clock.turn(seconds=60)
    assert not await refused(both, ada, app.at(clock.now()))

    clock.turn(seconds=60)
    assert not await refused(newer, ada, app.at(clock.now()))


def test_a_short_key_is_none() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        Sealer("short", purpose="second factor")


async def test_a_secret_that_waited_too_long_is_replaced(
    factors: Factors, ada: Principal, clock: Clock
) -> None:
    first = await factors.enrol(ada)
    again = await factors.enrol(ada)
    clock.turn(seconds=3_601)

    assert first == again
    assert await factors.enrol(ada) != first


async def test_a_half_sign_in_ends_after_ten_minutes_five_tries_or_a_new_password(
    factors: Factors, half_sign_ins: HalfSignIns, person: User, clock: Clock,
    fragile: FragileDatabase,
) -> None:  # fmt: skip
    late, tried, old = [await half_sign_ins.begin(person) for _ in range(3)]
    for _ in range(5):
        assert await half_sign_ins.claim(tried) == person
    assert await half_sign_ins.claim(old) == person

    async with fragile.transaction() as work:
        await users.set_password_hash(work, person.id, "another")
    with pytest.raises(Unauthenticated):
        await half_sign_ins.claim(old)
    with pytest.raises(Unauthenticated):
        await half_sign_ins.claim(tried)
    clock.turn(seconds=601)
    with pytest.raises(Unauthenticated):
        await half_sign_ins.claim(late)
