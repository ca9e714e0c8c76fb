"""Measurements that need more than one place: a publish, and how it comes back."""

import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Published
from app.realtime.core import Core


@contextmanager
def measured_publish(core: Core, topic: str) -> Iterator[Callable[[Published], Published]]:
    """Measures a publish; the block hands its result to what it is given."""
    meters, echo = core.meters, core.hub.echo
    began = echo.begin(topic)

    def landed(published: Published) -> Published:
        meters.publish_seconds.observe(time.perf_counter() - began)
        if topic in core.hub.topics and not published.duplicate:
            echo.landed(topic, published.epoch, published.offset, began=began)
        return published

    try:
        yield landed
    except BackplaneUnavailable:
        meters.publish_failures.inc()
        raise
    finally:
        echo.end(topic)
