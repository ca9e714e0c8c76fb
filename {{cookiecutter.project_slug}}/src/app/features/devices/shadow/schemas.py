"""How shadows look on the wire."""

from datetime import datetime
from typing import Any
from typing import Literal
from uuid import UUID

import msgspec

from app.features.devices.documents import Document
from app.features.devices.schemas import Shape


class Desired(Shape):
    """What a device is to be from now on; it replaces what was desired before."""

    desired: Document


class DeviceState(Shape):
    """Both halves of a shadow; ``delta`` is what the device has yet to become."""

    device_id: UUID
    desired: Document
    desired_version: int
    desired_at: datetime | None
    reported: Document
    reported_version: int
    reported_at: datetime | None
    delta: Document


class StateChanged(Shape):
    """To the owner: one of the halves is another; the higher versions hold."""

    type: Literal["state_changed"] = "state_changed"
    state: DeviceState


class DesiredChanged(Shape):
    """To the device: something else is desired; the higher version holds."""

    type: Literal["desired_changed"] = "desired_changed"
    desired: Document
    desired_version: int
    delta: Document


class Read(msgspec.Struct):
    """A device asks what is desired, and how far it had counted."""


class Report(msgspec.Struct, frozen=True):
    """All that a device is, under a number that rises with every report."""

    version: int
    state: dict[str, Any]


class Synced(msgspec.Struct, frozen=True):
    """What a device is to be, and what the service knows of it."""

    desired: dict[str, Any]
    desired_version: int
    reported_version: int
    delta: dict[str, Any]
