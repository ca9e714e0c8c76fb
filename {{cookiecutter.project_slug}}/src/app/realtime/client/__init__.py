"""The Python half of the realtime core: for devices, tools and tests. See docs/client.md."""

from app.realtime.client.backoff import Backoff
from app.realtime.client.client import RealtimeClient
from app.realtime.client.credentials import Credentials
from app.realtime.client.failures import DeadlinePassed
from app.realtime.client.failures import Disconnected
from app.realtime.client.failures import RealtimeError
from app.realtime.client.failures import Refused
from app.realtime.client.failures import SignedOut
from app.realtime.client.failures import Stopped
from app.realtime.client.frames import Member
from app.realtime.client.frames import Position
from app.realtime.client.frames import Published
from app.realtime.client.listener import Gap
from app.realtime.client.listener import Listener
from app.realtime.client.listener import Message
from app.realtime.client.listener import Presence
from app.realtime.client.listener import Signal
from app.realtime.client.listener import Status
from app.realtime.client.listener import TopicStatus
from app.realtime.client.topic import Topic

__all__ = [
    "Backoff",
    "Credentials",
    "DeadlinePassed",
    "Disconnected",
    "Gap",
    "Listener",
    "Member",
    "Message",
    "Position",
    "Presence",
    "Published",
    "RealtimeClient",
    "RealtimeError",
    "Refused",
    "Signal",
    "SignedOut",
    "Status",
    "Stopped",
    "Topic",
    "TopicStatus",
]
