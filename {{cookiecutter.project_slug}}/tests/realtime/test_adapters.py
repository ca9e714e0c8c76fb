"""Which adapters the settings choose, and which addresses they understand."""

import pytest

from app.realtime.adapters import open_backplane
from app.realtime.memory.backplane import MemoryBackplane
from app.realtime.memory.presence import MemoryPresence
from app.realtime.redis.backplane import RedisBackplane
from app.realtime.redis.link import pause_seconds
from app.realtime.redis.presence import RedisPresence
from app.settings import RealtimeSettings
from app.settings import RedisSettings


def test_the_memory_adapters_are_chosen_by_name() -> None:
    settings = RealtimeSettings.model_construct(backplane="memory")

    backplane, presence = open_backplane(settings, RedisSettings.model_construct(), "n")

    assert isinstance(backplane, MemoryBackplane)
    assert isinstance(presence, MemoryPresence)


@pytest.mark.parametrize(
    "url",
    ["redis://localhost:6379/0", "rediss://:secret@cache.example/1", "unix:///run/r.sock?db=0", ""],
)
def test_every_form_of_address_is_understood(url: str) -> None:
    settings = RealtimeSettings.model_construct(backplane="redis")

    backplane, presence = open_backplane(settings, RedisSettings.model_construct(url=url), "n")

    assert isinstance(backplane, RedisBackplane)
    assert isinstance(presence, RedisPresence)


def test_an_address_that_is_none_is_refused() -> None:
    settings = RealtimeSettings.model_construct(backplane="redis")

    with pytest.raises(ValueError, match="REDIS_URL must begin with"):
        open_backplane(settings, RedisSettings.model_construct(url="http://localhost"), "n")


def test_the_first_attempt_is_at_once_and_later_ones_wait_at_most_five_seconds() -> None:
    early = [pause_seconds(1) for _ in range(200)]
    late = [pause_seconds(failures) for failures in range(10, 210)]

    assert pause_seconds(0) == 0
    assert max(early) <= 0.4 < max(late) <= 5.0
    assert len({round(pause, 3) for pause in late}) > 100
