"""What a command costs of the rate of whoever sent it."""

from app.realtime.connections.limits import InboundRate
from app.realtime.connections.limits import Rate
from app.realtime.core import Core
from app.realtime.protocol.messages import Refusal


def spend(core: Core, rate: InboundRate, *, size_bytes: int, namespace: str) -> Refusal | None:
    """Counts one command about a namespace; returns why it has to wait, None when it may run."""
    own = core.access.rate_of(namespace)
    wait_seconds = rate.take(
        size_bytes,
        now=core.clock(),
        namespace=namespace,
        own=None if own is None else Rate(*own),
    )
    if not wait_seconds:
        return None
    return Refusal("rate_limited", "slow down", retry=True, after_ms=round(wait_seconds * 1000))
