"""What the realtime core counts and measures; ``docs/metrics.md`` is the catalogue.

What changes with every message is a plain number here, read when somebody asks: a counter of the
library takes a lock and half a microsecond, which a fan-out to thousands would notice. All else is
the library's own. No label takes its values from a client.
"""

from collections import Counter as Tally
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Histogram
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

TICK_SECONDS: Final = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    1,
)
TRIP_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
TRANSPORTS: Final = ("socket", "stream")

Read = Callable[[], float]


def _nothing() -> float:
    return 0.0


class Meters:
    """The metrics of one process's realtime core, in ``registry`` for whoever exposes them.

    The hot ones are attributes to add to: ``messages_in``, ``messages_out``, ``bytes_out``.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.messages_in = 0
        self.messages_out = 0
        self.bytes_out = 0
        self._state: dict[str, Read] = {}
        self._connections: Callable[[], Mapping[str, int]] = Tally
        self._add_times()
        self._add_events()
        self._add_losses()
        self.registry.register(_State(self))

    def _add_times(self) -> None:
        def histogram(name: str, text: str, seconds: tuple[float, ...]) -> Histogram:
            return Histogram(f"realtime_{name}", text, buckets=seconds, registry=self.registry)

        self.fan_out_seconds = histogram(
            "fan_out_seconds", "Time of one fan-out of the loop's tick.", TICK_SECONDS
        )
        self.publish_seconds = histogram(
            "publish_seconds", "Time until the backplane had accepted a message.", TRIP_SECONDS
        )
        self.backplane_lag_seconds = histogram(
            "backplane_lag_seconds", "Time from publishing to hearing it here.", TRIP_SECONDS
        )
        self.ping_seconds = histogram(
            "ping_seconds", "Time from a ping to the next sign of life.", TRIP_SECONDS
        )
        self.loop_lag_seconds = histogram(
            "loop_lag_seconds", "How late the event loop woke a timer.", TRIP_SECONDS
        )

    def _add_events(self) -> None:
        self.publish_failures = self._counter(
            "publish_failures_total", "Publishes that the backplane did not confirm."
        )
        self._closes = self._counter("closes_total", "Ended connections by close code.", "code")
        self._refused = self._counter(
            "refused_handshakes_total", "Callers that were not let in.", "reason"
        )
        self._refused_commands = self._counter(
            "refused_commands_total", "Commands over HTTP that were not looked at.", "reason"
        )
        self._resumes = self._counter(
            "resumes_total", "Subscriptions that asked for what they missed.", "result", "reason"
        )
        self._reconnects = self._counter(
            "reconnects_total", "Connections to Redis that were made again.", "link"
        )
        self.probe_failures = self._counter(
            "probe_failures_total", "Subscriber connections given up as deaf."
        )
        self.presence_reaped = self._counter(
            "presence_reaped_total", "Presence entries of dead nodes removed by this one."
        )

    def _add_losses(self) -> None:
        self.slow_disconnects = self._counter(
            "slow_disconnects_total", "Clients closed because they did not read."
        )
        self._drops = self._counter(
            "drops_total", "Messages a slow client was not sent, and was told of.", "policy"
        )
        self._gaps = self._counter("gaps_total", "Gaps told to a topic's subscribers.", "reason")
        self.catch_ups = self._counter("catch_ups_total", "Logs read to end a suspicion of loss.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"realtime_{name}", text, labels, registry=self.registry)

    def wrote(self, messages: int, size_bytes: int) -> None:
        """Counts what was written to clients."""
        self.messages_out += messages
        self.bytes_out += size_bytes

    def closed(self, code: int) -> None:
        """Counts one connection that this process decided to end."""
        self._closes.labels(str(code)).inc()

    def left(self) -> None:
        """Counts a connection whose client said goodbye or vanished: servers do not tell which."""
        self._closes.labels("client").inc()

    def refused(self, reason: str) -> None:
        """Counts a caller that was not let in; ``reason`` is one of ours, never the client's."""
        self._refused.labels(reason).inc()

    def refused_command(self, reason: str) -> None:
        """Counts a command over HTTP that was answered with a status instead of a reply."""
        self._refused_commands.labels(reason).inc()

    def resumed(self, *, recovered: bool, reason: str | None) -> None:
        """Counts a subscription that said what it had."""
        self._resumes.labels("recovered" if recovered else "lost", reason or "none").inc()

    def reconnected(self, link: str) -> None:
        """Counts a connection to Redis that was made again; ``link`` is its role, not its node."""
        self._reconnects.labels(link).inc()

    def dropped(self, messages: int, *, policy: str) -> None:
        """Counts messages that a slow client is not sent."""
        self._drops.labels(policy).inc(messages)

    def gapped(self, reason: str) -> None:
        """Counts a gap that a topic's subscribers are told of."""
        self._gaps.labels(reason).inc()

    def watch(
        self, connections: Callable[[], Mapping[str, int]], state: Mapping[str, Read]
    ) -> None:
        """Reads what is true at this moment from those who know it, whenever somebody asks.

        ``connections`` counts by transport; ``state`` has a function for each name of ``GAUGES``.
        """
        self._connections = connections
        self._state = dict(state)

    def collect_state(self) -> Iterator[Metric]:
        """Yields the plain numbers as the library's metrics."""
        for name, text in HOT.items():
            counter = CounterMetricFamily(f"realtime_{name}", text)
            counter.add_metric([], getattr(self, name))
            yield counter
        by_transport = GaugeMetricFamily(
            "realtime_connections", "Open connections.", labels=["transport"]
        )
        counts = self._connections()
        for transport in TRANSPORTS:
            by_transport.add_metric([transport], counts.get(transport, 0))
        yield by_transport
        for name, text in GAUGES.items():
            gauge = GaugeMetricFamily(f"realtime_{name}", text)
            gauge.add_metric([], self._state.get(name, _nothing)())
            yield gauge


HOT: Final = {
    "messages_in": "Lines that clients sent.",
    "messages_out": "Frames written to clients.",
    "bytes_out": "Bytes of frames written to clients.",
}
GAUGES: Final = {
    "subscriptions": "Subscriptions of all connections.",
    "topics": "Topics that somebody here listens to.",
    "queue_bytes": "Bytes that wait to be written.",
    "presence_members": "Presence entries of connections of this process.",
    "drain_remaining": "Connections still to be ended by the drain under way.",
    "degraded": "1 while the backplane is away or being caught up with.",
}


class _State:
    """What the registry asks for the plain numbers."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def collect(self) -> Iterator[Metric]:
        """Yields them."""
        return self._meters.collect_state()
