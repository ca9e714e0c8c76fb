"""Values in, values out: how samples of processes become one of the service."""

import pytest

from app.features.dashboards.figures.catalogue import FIGURES
from app.features.dashboards.figures.sampling import ProcessSample
from app.features.dashboards.figures.summing import percentiles
from app.features.dashboards.figures.summing import quantile
from app.features.dashboards.figures.summing import summed
from app.telemetry.request_times import BUCKET_SECONDS
from app.telemetry.request_times import RequestTimes

NONE = [0] * (len(BUCKET_SECONDS) + 1)


def counted(*seconds: float) -> list[int]:
    """Returns requests that took so long, by bucket."""
    times = RequestTimes()
    for each in seconds:
        times.note(each, status=200)
    return times.counts


def test_rates_add_up_and_of_the_machines_the_worst_is_told() -> None:
    one = ProcessSample({"requests.rate": 3.0, "cpu.host": 20.0, "loop.lag": 0.5}, NONE)
    two = ProcessSample({"requests.rate": 4.0, "cpu.host": 90.0}, NONE)

    assert summed([one, two], whole={"processes": 2.0}) == {
        "requests.rate": 7.0,
        "cpu.host": 90.0,
        "loop.lag": 0.5,
        "processes": 2.0,
    }


def test_a_percentile_is_of_all_requests_and_no_mean_of_percentiles() -> None:
    busy = ProcessSample({}, counted(*[0.002] * 99))
    slow = ProcessSample({}, counted(*[2.0] * 1))

    together = summed([busy, slow], whole={})
    naive = sum(percentiles(one.latencies)["latency.p50"] for one in (busy, slow)) / 2

    assert together["latency.p50"] <= 0.002
    assert naive > 0.5  # the mean of the medians is a time that next to nobody waited


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 0.99, 1.0])
def test_a_percentile_lies_in_the_bucket_of_the_request_that_has_it(share: float) -> None:
    counts = counted(*(0.004 * n for n in range(1, 101)))
    exact = 0.004 * max(1, round(share * 100))

    found = quantile(counts, share)

    assert found is not None
    above = next(bound for bound in BUCKET_SECONDS if bound >= exact)
    assert above / 2 <= found <= above * 1.01


def test_without_requests_there_is_no_latency() -> None:
    assert percentiles(NONE) == {}
    assert percentiles([]) == {}
    assert quantile(counted(99.0), 0.5) == BUCKET_SECONDS[-1]


def test_every_figure_has_a_name_of_its_own() -> None:
    names = [figure.name for figure in FIGURES]

    assert len(names) == len(set(names)) > 10
