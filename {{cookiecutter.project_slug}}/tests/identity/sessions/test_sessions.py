import hashlib
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update

from app.errors import NotFound
from app.errors import Unauthenticated
from app.errors import Unavailable
from app.identity import SessionToken
from app.identity import User
from app.identity import users
from app.identity.sessions.announcing import OnRenew
from app.identity.sessions.record import SessionRecord
from app.identity.sessions.record import new_token
from app.identity.sessions.service import Sessions
from app.identity.tables import SessionRow
from app.identity.tables import UserRow
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import SessionId
from app.principal import TokenId
from app.principal import UserId
from tests.identity.conftest import Clock
from tests.identity.conftest import FragileDatabase
from tests.identity.conftest import in_another_process

CACHE_SECONDS = 5.0
DEVICE = "Firefox on Linux"


async def found(sessions: Sessions, token: SessionToken) -> SessionRecord:
    record = await sessions.find(token)
    assert record is not None
    return record


async def who(sessions: Sessions, token: SessionToken) -> Principal:
    return (await found(sessions, token)).principal


async def test_a_token_vouches_for_the_person_who_signed_in(
    sessions: Sessions, person: User
) -> None:
    token = await sessions.begin(person, DEVICE)

    caller = await who(sessions, token)

    assert (caller.kind, caller.user_id, caller.name) == ("user", person.id, "Ada")
    assert not caller.is_admin


async def test_the_row_holds_the_hash_of_256_random_bits_and_not_the_token(
    sessions: Sessions, person: User, fragile: FragileDatabase
) -> None:
    token = await sessions.begin(person, DEVICE)

    async with fragile.reading() as session:
        row = (await session.scalars(select(SessionRow))).one()

    assert len(token) * 6 >= 256
    assert row.token_hash == hashlib.sha256(token.encode()).digest()


async def test_a_token_that_nobody_has_finds_nothing(sessions: Sessions, person: User) -> None:
    await sessions.begin(person, DEVICE)

    assert await sessions.find(new_token()) is None


async def test_signing_in_ends_the_session_that_the_browser_came_with(
    sessions: Sessions, person: User
) -> None:
    planted = await sessions.begin(None, DEVICE)
    visitor = await found(sessions, planted)

    token = await sessions.begin(person, DEVICE, replacing=visitor.id)

    assert visitor.principal == ANONYMOUS
    assert await sessions.find(planted) is None
    assert (await who(sessions, token)).user_id == person.id


async def test_what_a_visitor_stored_moves_along_and_what_a_person_stored_does_not(
    sessions: Sessions, person: User
) -> None:
    visitor = await found(sessions, await sessions.begin(None, DEVICE, data={"theme": "dark"}))
    first = await found(
        sessions, await sessions.begin(person, DEVICE, replacing=visitor.id, data={"draft": "hi"})
    )
    second = await found(sessions, await sessions.begin(person, DEVICE, replacing=first.id))

    assert first.data == {"theme": "dark", "draft": "hi"}
    assert second.data == {}


async def test_a_session_ends_when_nobody_uses_it_for_a_fortnight(
    sessions: Sessions, person: User, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)

    clock.turn(days=13.9)
    assert await sessions.find(token)
    clock.turn(days=13.9)
    assert await sessions.find(token)
    clock.turn(days=14.1)
    assert await sessions.find(token) is None


async def test_a_session_ends_after_a_month_however_much_it_is_used(
    sessions: Sessions, person: User, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    for _ in range(29):
        clock.turn(days=1)
        assert await sessions.find(token)

    clock.turn(days=1.1)

    assert await sessions.find(token) is None


async def test_a_cached_session_ends_on_time_too(
    fragile: FragileDatabase, person: User, clock: Clock, sessions: Sessions
) -> None:
    token = await sessions.begin(person, DEVICE)
    clock.turn(days=29.9)
    assert await sessions.find(token) is None

    token = await sessions.begin(person, DEVICE)
    clock.turn(days=14, seconds=-1)
    assert await in_another_process(fragile, clock).find(token)
    fragile.is_away = True
    clock.turn(seconds=2)

    with pytest.raises(Unavailable):
        await sessions.find(token)


async def test_a_session_is_read_once_in_seconds(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    for _ in range(10):
        await found(sessions, token)
    assert fragile.reads == 0

    clock.turn(seconds=CACHE_SECONDS)
    for _ in range(10):
        await found(sessions, token)

    assert fragile.reads == 1


async def test_its_use_is_noted_once_a_minute(
    sessions: Sessions, person: User, clock: Clock
) -> None:
    begun = clock.now()
    token = await sessions.begin(person, DEVICE)
    caller = await who(sessions, token)

    clock.turn(seconds=59)
    await found(sessions, token)
    assert [seen.last_seen_at for seen in await sessions.list(caller)] == [begun]

    clock.turn(seconds=CACHE_SECONDS)
    await found(sessions, token)
    assert [seen.last_seen_at for seen in await sessions.list(caller)] == [clock.now()]


async def test_a_session_that_is_known_here_outlives_an_outage_of_the_database(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    stranger = in_another_process(fragile, clock)
    fragile.is_away = True
    clock.turn(seconds=60)

    assert (await who(sessions, token)).user_id == person.id
    with pytest.raises(Unavailable):
        await stranger.find(token)

    clock.turn(seconds=900)
    with pytest.raises(Unavailable):
        await sessions.find(token)

    fragile.is_away = False
    clock.turn(seconds=CACHE_SECONDS)
    assert (await who(sessions, token)).user_id == person.id


async def test_an_outage_is_tried_once_a_second_and_not_by_every_request(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    fragile.is_away = True
    clock.turn(seconds=CACHE_SECONDS)

    for _ in range(10):
        await found(sessions, token)
    assert fragile.reads == 1

    clock.turn(seconds=1)
    await found(sessions, token)
    assert fragile.reads == 2


async def test_the_list_names_devices_and_the_session_in_use(
    sessions: Sessions, person: User, clock: Clock
) -> None:
    await sessions.begin(person, "Safari on iPhone")
    clock.turn(seconds=1)
    caller = await who(sessions, await sessions.begin(person, DEVICE))

    listed = await sessions.list(caller)

    assert [(seen.device, seen.is_current) for seen in listed] == [
        (DEVICE, True),
        ("Safari on iPhone", False),
    ]


async def test_an_ended_session_is_over_here_at_once_and_elsewhere_within_seconds(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    elsewhere = in_another_process(fragile, clock)
    caller = await who(elsewhere, token)

    await sessions.endings.end(caller)

    assert await sessions.find(token) is None
    assert await elsewhere.find(token) is not None
    clock.turn(seconds=CACHE_SECONDS)
    assert await elsewhere.find(token) is None
    fragile.is_away = True
    clock.turn(seconds=60)
    with pytest.raises(Unavailable):
        await elsewhere.find(token)


async def test_a_session_that_another_process_ended_can_be_forgotten_at_once(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    elsewhere = in_another_process(fragile, clock)
    caller = await who(elsewhere, token)
    await sessions.endings.end(caller)
    assert caller.session_id is not None

    elsewhere.cache.forget(caller.session_id)

    assert await elsewhere.find(token) is None


async def test_nobody_ends_the_session_of_another(
    sessions: Sessions, person: User, fragile: FragileDatabase
) -> None:
    async with fragile.transaction() as work:
        other = await users.create_user(
            work, email="mallory@example.com", name="Mallory", password_hash="none"
        )
    token = await sessions.begin(person, DEVICE)
    target = await found(sessions, token)
    mallory = await who(sessions, await sessions.begin(other, DEVICE))

    with pytest.raises(NotFound):
        await sessions.endings.revoke(mallory, target.id)
    with pytest.raises(NotFound):
        await sessions.endings.revoke(mallory, SessionId(uuid4()))
    await sessions.endings.revoke_others(mallory)

    assert await sessions.find(token)


async def test_ending_all_others_leaves_the_one_in_use(sessions: Sessions, person: User) -> None:
    others = [await sessions.begin(person, DEVICE) for _ in range(3)]
    token = await sessions.begin(person, DEVICE)

    ended = await sessions.endings.revoke_others(await who(sessions, token))

    assert ended == 3
    assert [await sessions.find(other) for other in others] == [None, None, None]
    assert await sessions.find(token)


async def test_what_lives_on_a_session_is_told_of_its_end(sessions: Sessions, person: User) -> None:
    told: list[Any] = []

    async def disconnect(
        *,
        user: UserId | None = None,
        session: SessionId | None = None,
        token: TokenId | None = None,
    ) -> None:
        told.append((user, session))

    sessions.endings.on_revoke = disconnect
    caller = await who(sessions, await sessions.begin(person, DEVICE))
    assert told == []

    await sessions.endings.end(caller)

    assert told == [(None, caller.session_id)]


async def test_a_session_ends_even_when_its_sockets_cannot_be_told(
    sessions: Sessions, person: User
) -> None:
    async def disconnect(
        *,
        user: UserId | None = None,
        session: SessionId | None = None,
        token: TokenId | None = None,
    ) -> None:
        raise Unavailable("Redis is away")

    sessions.endings.on_revoke = disconnect
    token = await sessions.begin(person, DEVICE)

    await sessions.endings.end(await who(sessions, token))

    assert await sessions.find(token) is None


async def test_a_disabled_person_is_let_in_nowhere(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    token = await sessions.begin(person, DEVICE)
    assert await sessions.find(token)
    async with fragile.transaction() as work:
        await work.session.execute(update(UserRow).values(disabled_at=clock.now()))

    clock.turn(seconds=CACHE_SECONDS)

    assert await sessions.find(token) is None


async def test_two_requests_that_change_different_keys_do_not_undo_each_other(
    sessions: Sessions, person: User
) -> None:
    token = await sessions.begin(person, DEVICE, data={"kept": 1, "gone": 2})
    record = await found(sessions, token)

    await sessions.store_data(record, changed={"a": [1, {"b": None}]}, removed=[])
    await sessions.store_data(record, changed={"c": "é"}, removed=["gone"])

    assert (await found(sessions, token)).data == {"kept": 1, "a": [1, {"b": None}], "c": "é"}


async def test_rows_that_have_run_out_are_removed_and_no_others(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    await sessions.begin(person, DEVICE)
    clock.turn(days=10)
    kept = await sessions.begin(person, DEVICE)
    clock.turn(days=5)

    await sessions.delete_expired()

    async with fragile.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SessionRow)) == 1
    assert await sessions.find(kept)


async def test_a_renewed_session_has_another_token_and_the_old_one_finds_nothing(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    elsewhere = in_another_process(fragile, clock)
    sessions.proofs.on_renew = tell(elsewhere)
    old = await sessions.begin(person, DEVICE, data={"draft": "hi"})
    before = await found(elsewhere, old)

    clock.turn(seconds=1)
    new = await sessions.proofs.renew(before.principal)

    after = await found(elsewhere, new)
    assert await sessions.find(old) is None
    assert await elsewhere.find(old) is None
    assert (after.id, after.data) == (before.id, before.data)
    assert after.principal.authenticated_at == clock.now()


async def test_without_the_order_another_process_takes_the_old_token_for_seconds(
    sessions: Sessions, person: User, fragile: FragileDatabase, clock: Clock
) -> None:
    elsewhere = in_another_process(fragile, clock)
    old = await sessions.begin(person, DEVICE)
    before = await found(elsewhere, old)

    await sessions.proofs.renew(before.principal)

    assert await elsewhere.find(old) is not None
    clock.turn(seconds=CACHE_SECONDS)
    assert await elsewhere.find(old) is None


async def test_an_ended_session_is_not_renewed(sessions: Sessions, person: User) -> None:
    caller = await who(sessions, await sessions.begin(person, DEVICE))
    await sessions.endings.end(caller)

    with pytest.raises(Unauthenticated):
        await sessions.proofs.renew(caller)


def tell(other: Sessions) -> OnRenew:
    async def forget(*, session: SessionId) -> None:
        other.cache.forget(session)

    return forget
