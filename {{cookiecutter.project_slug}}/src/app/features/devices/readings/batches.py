"""What a device sends, and what is to be stored of it: shapes, and decisions with values alone."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Annotated
from uuid import UUID

import msgspec

from app.errors import AppError
from app.errors import Forbidden
from app.errors import Invalid
from app.features.devices.schemas import METRIC_PATTERN

BATCH_MAX_READINGS = 500
NUMBER_MAX = 2**53 - 1
AT_MAX_MS = 253_402_300_799_999  # the last millisecond of the year 9999

Number = Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX - BATCH_MAX_READINGS)]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one metric, at a moment in milliseconds since 1970 (UTC).

    JSON knows no NaN and no infinities, and a number too large for a float is refused, so that
    ``value`` is finite.
    """

    metric: Annotated[str, msgspec.Meta(pattern=METRIC_PATTERN)]
    value: float
    at_ms: Annotated[int, msgspec.Meta(ge=0, le=AT_MAX_MS)]


class Batch(msgspec.Struct, frozen=True, gc=False):
    """Readings with the numbers ``first``, ``first + 1`` and so on.

    ``skip`` says that the numbers between the last stored one and ``first`` are lost for good.
    """

    first: Number
    readings: Annotated[
        tuple[Reading, ...], msgspec.Meta(min_length=1, max_length=BATCH_MAX_READINGS)
    ]
    skip: bool = False

    @property
    def last(self) -> int:
        """The number of the last reading."""
        return self.first + len(self.readings) - 1


class Acknowledged(msgspec.Struct, frozen=True):
    """``last`` is the number of the device's last stored reading; ``stored`` were new."""

    last: int
    stored: int


@dataclass(slots=True)
class Standing:
    """How far a device has come, as it is in the database while its row is locked."""

    device_id: UUID
    metrics: frozenset[str]
    last: int
    newest: dict[str, Reading] = field(default_factory=dict)
    fresh: list[tuple[int, Reading]] = field(default_factory=list)

    def take(self, batch: Batch, period: "Period") -> Acknowledged:
        """Takes over what is new of a batch; what is refused leaves everything as it was.

        Raises:
            Invalid: it leaves a hole, or a new reading has an unknown metric or a bad time.
        """
        if batch.first > self.last + 1 and not batch.skip:
            raise Invalid(f"a hole: the batch begins at {batch.first}, {self.last + 1} is next")
        new = batch.readings[max(0, self.last + 1 - batch.first) :]
        for reading in new:
            if reading.metric not in self.metrics:
                raise Invalid(f"unknown metric: {reading.metric!r} is none of this device")
            period.check(reading.at_ms)
        number = batch.last - len(new)
        for reading in new:
            number += 1
            self.fresh.append((number, reading))
            known = self.newest.get(reading.metric)
            if known is None or known.at_ms <= reading.at_ms:
                self.newest[reading.metric] = reading
        self.last = max(self.last, batch.last)
        return Acknowledged(self.last, len(new))


@dataclass(frozen=True, slots=True)
class Period:
    """The moments that readings may have: not older than what is kept, hardly in the future."""

    earliest_ms: int
    latest_ms: int

    def check(self, at_ms: int) -> None:
        """Lets a moment pass.

        Raises:
            Invalid: the clock of the device is wrong, or the reading is too old to be kept.
        """
        if at_ms > self.latest_ms:
            raise Invalid(f"in the future: at_ms is {at_ms}, {self.latest_ms} is the most for now")
        if at_ms < self.earliest_ms:
            raise Invalid(f"too old: at_ms is {at_ms}, from {self.earliest_ms} on it is kept")


def judge(
    batches: Sequence[tuple[UUID, Batch]], standings: Mapping[UUID, Standing], period: Period
) -> list[Acknowledged | AppError]:
    """Returns for each batch what its device is told, in the order in which they came.

    Changes ``standings`` to what is to be stored. A batch that is refused touches no other.
    """
    outcomes: list[Acknowledged | AppError] = []
    for device_id, batch in batches:
        standing = standings.get(device_id)
        try:
            if standing is None:
                raise Forbidden("this device was removed, or its token revoked")
            outcomes.append(standing.take(batch, period))
        except AppError as error:
            outcomes.append(error)
    return outcomes
