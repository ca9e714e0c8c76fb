import pytest

from app.telemetry.latencies import Latencies


def test_percentiles_are_exact_to_two_per_cent() -> None:
    latencies = Latencies()
    for number in range(1, 1_001):
        latencies.add(number / 1_000)

    assert latencies.percentile_ms(50) == pytest.approx(500, rel=0.02)
    assert latencies.percentile_ms(99) == pytest.approx(990, rel=0.02)
    assert latencies.most_ms == 1_000


def test_of_nothing_there_is_no_percentile() -> None:
    assert Latencies().percentile_ms(99) is None
    assert Latencies().most_ms is None
