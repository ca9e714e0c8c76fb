from itertools import pairwise

from app.realtime.client import Backoff


def windows(tries: int, *, window_ms: int) -> list[float]:
    """Returns the longest pauses of several tries in a row."""
    backoff = Backoff(lambda: 1.0)
    backoff.succeeded(window_ms)
    return [backoff.next_seconds() for _ in range(tries)]


def test_the_window_doubles_up_to_half_a_minute() -> None:
    pauses = windows(12, window_ms=5_000)

    assert pauses[:3] == [5.0, 10.0, 20.0]
    assert max(pauses) == pauses[-1] == 30.0


def test_the_first_pause_is_anywhere_within_the_window() -> None:
    backoff = Backoff(lambda: 0.25)
    backoff.succeeded(4_000)

    assert backoff.next_seconds() == 1.0


def test_chance_spreads_clients_over_the_whole_window() -> None:
    pauses = sorted(Backoff().next_seconds() for _ in range(1_000))

    assert 0.0 <= pauses[0] < 0.05
    assert 0.95 < pauses[-1] <= 1.0
    assert max(later - earlier for earlier, later in pairwise(pauses)) < 0.05


def test_what_the_server_asks_for_comes_on_top_and_once() -> None:
    backoff = Backoff(lambda: 0.0)
    backoff.wait_at_least(1_500)

    assert [backoff.next_seconds(), backoff.next_seconds()] == [1.5, 0.0]


def test_a_draining_server_names_the_window() -> None:
    backoff = Backoff(lambda: 1.0)
    backoff.widen(8_000)

    assert backoff.next_seconds() == 8.0


def test_a_connection_begins_the_doubling_anew() -> None:
    backoff = Backoff(lambda: 1.0)
    before = [backoff.next_seconds() for _ in range(4)]
    backoff.succeeded(1_000)

    assert before[-1] == 8.0
    assert backoff.next_seconds() == 1.0
