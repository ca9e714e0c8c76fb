"""How groups and tags look on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator
from pydantic import Field
from pydantic import StringConstraints

from app.features.devices.schemas import DeviceName
from app.features.devices.schemas import MetricNames
from app.features.devices.schemas import Shape

GROUPS_MAX = 100
CHOSEN_MAX = 1_000  # above that they are found by what they match
TAGS_MAX = 20
TAG_PATTERN = r"^[a-z0-9][a-z0-9_.:-]{0,39}$"

Tag = Annotated[str, StringConstraints(pattern=TAG_PATTERN)]


def _each_once(tags: list[str]) -> list[str]:
    return sorted(set(tags))


TagNames = Annotated[list[Tag], Field(max_length=TAGS_MAX), AfterValidator(_each_once)]


class Tags(Shape):
    """All tags of a device; they replace those that it had."""

    tags: TagNames


class Description(Shape):
    """All that an owner says of a device, as its page sends it."""

    name: DeviceName
    metrics: MetricNames
    tags: TagNames
    groups: Annotated[list[UUID], Field(max_length=GROUPS_MAX)]


class Chosen(Shape):
    """Devices that somebody has chosen on a page, one by one."""

    devices: Annotated[list[UUID], Field(min_length=1, max_length=CHOSEN_MAX)]


class NewGroup(Shape):
    """The name of a group, or its next one."""

    name: DeviceName


class Group(Shape):
    """A named set of somebody's devices, and how many are in it."""

    id: UUID
    name: str
    device_count: int


class GroupList(Shape):
    """All groups of a person, by name."""

    items: list[Group]
