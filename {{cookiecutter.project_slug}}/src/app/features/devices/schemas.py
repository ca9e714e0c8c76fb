"""How devices look on the wire; services return these shapes."""

from datetime import datetime
from typing import Annotated
from typing import Literal
from uuid import UUID

from pydantic import AfterValidator
from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import StringConstraints

from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.values import OneLine
from app.web.values import Storable

NAME_MAX_CHARACTERS = 80
METRIC_MAX_CHARACTERS = 40
METRIC_PATTERN = rf"^[a-z][a-z0-9_]{{0,{METRIC_MAX_CHARACTERS - 1}}}$"
METRICS_MAX = 32
USUAL_METRICS = ("temperature", "humidity", "battery")
TAG_MAX_CHARACTERS = 40
PAGE_DEVICES = 50
PAGE_MAX_DEVICES = 200


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("must name each metric once")
    return names


DeviceName = Annotated[str, OneLine(most=NAME_MAX_CHARACTERS)]
MetricName = Annotated[str, StringConstraints(pattern=METRIC_PATTERN)]
MetricNames = Annotated[
    list[MetricName],
    Field(min_length=1, max_length=METRICS_MAX, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_each_once),
]


class Shape(BaseModel):
    """A value on the wire that nobody changes."""

    model_config = ConfigDict(frozen=True)


class NewDevice(Shape):
    """A device that is to be registered, and the metrics that it may send."""

    name: DeviceName
    metrics: MetricNames = list(USUAL_METRICS)


class DeviceChange(Shape):
    """Another name, or other metrics; what is left out stays."""

    name: DeviceName | None = None
    metrics: MetricNames | None = None


class Newest(Shape):
    """The newest reading of one metric."""

    value: float
    at_ms: int


class Device(Shape):
    """A device as its owner sees it.

    ``token_hint`` is how its token begins, null when it was revoked. ``last_number`` is that of
    its last stored reading. ``is_online`` is to a minute; its topic tells at once.
    """

    id: UUID
    name: str
    metrics: list[str]
    tags: list[str]
    token_hint: str | None
    version: int
    created_at: datetime
    last_seen_at: datetime | None
    is_online: bool
    last_number: int
    newest: dict[str, Newest]


class RegisteredDevice(Shape):
    """A device with a token that was made just now and is shown this once."""

    device: Device
    token: str


class DeviceRemoved(Shape):
    """To the owner: there is no such device any more."""

    type: Literal["device_removed"] = "device_removed"


class DevicesFilter(Shape):
    """Which devices: those for which all conditions hold that are given.

    ``q`` has parts of words of the name, in whatever case; ``outside`` names a group that they are
    not in.
    """

    q: Annotated[str, StringConstraints(max_length=NAME_MAX_CHARACTERS), Storable] = ""
    tag: Annotated[str, StringConstraints(max_length=TAG_MAX_CHARACTERS), Storable] = ""
    group: UUID | None = None
    outside: UUID | None = None
    status: Literal["online", "offline"] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no condition is given."""
        return not (self.q.strip() or self.tag or self.group or self.outside or self.status)


class DevicesQuery(DevicesFilter):
    """Which devices, and which page of them, the newest first."""

    cursor: Annotated[str, StringConstraints(max_length=CURSOR_MAX_CHARACTERS)] = ""
    count: Annotated[int, Field(ge=1, le=PAGE_MAX_DEVICES)] = PAGE_DEVICES
