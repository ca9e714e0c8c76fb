"""The judge of a soak: what grows is found, what only wavers is not."""

import pytest

from tests.soaking.leaks import MIB
from tests.soaking.leaks import Census
from tests.soaking.leaks import Sample
from tests.soaking.leaks import leaks
from tests.soaking.leaks import mib_per_minute

CENSUS = Census(files=20, tasks=12)


def samples(*sizes_mib: float) -> list[Sample]:
    """Returns one sample a minute."""
    return [Sample(60.0 * n, round(size * MIB)) for n, size in enumerate(sizes_mib)]


def test_a_steady_growth_is_its_slope() -> None:
    assert mib_per_minute(samples(50, 51, 52, 53), after_seconds=0) == pytest.approx(1.0)


def test_what_the_beginning_takes_does_not_count() -> None:
    assert mib_per_minute(samples(10, 40, 50, 50, 50), after_seconds=120) == pytest.approx(0.0)


def test_what_comes_and_goes_is_no_growth() -> None:
    assert mib_per_minute(samples(50, 58, 50, 42, 50), after_seconds=0) == pytest.approx(-1.6)


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="1 samples"):
        mib_per_minute(samples(50, 51), after_seconds=60)


@pytest.mark.parametrize("after", [CENSUS, Census(25, 12), Census(20, 7)])
def test_a_few_more_or_less_are_no_leak(after: Census) -> None:
    assert leaks(CENSUS, after, slope=0.5, slope_max=0.5) == []


@pytest.mark.parametrize("after", [Census(26, 12), Census(14, 12), Census(20, 18), Census(20, 6)])
def test_six_more_or_less_are_told(after: Census) -> None:
    assert len(leaks(CENSUS, after, slope=0.0, slope_max=0.5)) == 1


def test_growing_memory_is_told() -> None:
    assert leaks(CENSUS, CENSUS, slope=0.51, slope_max=0.5) == [
        "memory grows by 0.51 MiB a minute, 0.5 are allowed"
    ]
