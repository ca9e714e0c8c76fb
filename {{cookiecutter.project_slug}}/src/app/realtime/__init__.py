"""The realtime core: topics, the hub, backplanes, sockets and streams."""

from app.realtime.facade import Realtime

__all__ = ["Realtime"]
