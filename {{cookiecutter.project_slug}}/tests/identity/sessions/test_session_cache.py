from datetime import UTC
from datetime import datetime
from uuid import uuid4

from app.identity.sessions.cache import SessionCache
from app.identity.sessions.record import SessionRecord
from app.principal import Principal
from app.principal import SessionId
from app.principal import UserId

WHENEVER = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_cache(clock: Clock, *, entries: int = 3) -> SessionCache:
    return SessionCache(entries, fresh_seconds=5, outage_seconds=900, monotonic=clock)


def a_record(user_id: UserId | None = None) -> SessionRecord:
    session_id = SessionId(uuid4())
    user_id = user_id or UserId(uuid4())
    who = Principal(kind="user", user_id=user_id, session_id=session_id, name="Ada")
    return SessionRecord(session_id, who, {}, WHENEVER, WHENEVER, WHENEVER)


def test_a_record_is_fresh_for_seconds_and_vouches_in_an_outage_for_minutes() -> None:
    clock, record = Clock(), a_record()
    cache = a_cache(clock)
    cache.put(b"a", record)

    clock.seconds = 4.9
    assert cache.fresh(b"a") is record
    clock.seconds = 5
    assert cache.fresh(b"a") is None
    assert cache.in_outage(b"a") is record
    clock.seconds = 900
    assert cache.in_outage(b"a") is None


def test_the_least_recently_used_one_leaves_a_full_cache() -> None:
    cache = a_cache(Clock())
    for token_hash in (b"a", b"b", b"c"):
        cache.put(token_hash, a_record())
    cache.fresh(b"a")

    cache.put(b"d", a_record())

    assert len(cache) == 3
    assert cache.fresh(b"b") is None
    assert cache.fresh(b"a") is not None


def test_a_forgotten_session_is_gone_for_an_outage_too() -> None:
    cache, record, other = a_cache(Clock()), a_record(), a_record()
    cache.put(b"a", record)
    cache.put(b"b", other)

    cache.forget(record.id)

    assert cache.in_outage(b"a") is None
    assert cache.fresh(b"b") is other


def test_what_was_on_its_way_when_its_session_was_forgotten_is_not_kept() -> None:
    cache, record = a_cache(Clock()), a_record()
    generation = cache.generation
    cache.forget(record.id)

    cache.put_unless_forgotten(b"a", record, generation=generation)

    assert cache.fresh(b"a") is None


def test_forgetting_a_person_leaves_the_sessions_of_others() -> None:
    cache, ada, grace = a_cache(Clock()), UserId(uuid4()), UserId(uuid4())
    others = a_record(grace)
    cache.put(b"a", a_record(ada))
    cache.put(b"b", a_record(ada))
    cache.put(b"c", others)

    cache.forget_user(ada)

    assert len(cache) == 1
    assert cache.fresh(b"c") is others


def test_a_dropped_token_is_gone_and_an_unknown_one_changes_nothing() -> None:
    cache = a_cache(Clock())
    cache.put(b"a", a_record())

    cache.drop(b"z")
    cache.drop(b"a")

    assert len(cache) == 0
