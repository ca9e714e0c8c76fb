"""The shadow of a device, as values: what is wished of it, and what it says that it is.

Each half has one writer, who numbers it: people number ``desired``, the device ``reported``. The
higher number always wins and halves are never merged, so a half that arrives twice, late or out of
order does no harm. After a cut each side sends its newest half once more, and both agree again.
"""

import json
from dataclasses import dataclass
from dataclasses import replace

from pydantic import JsonValue

from app.errors import Invalid
from app.errors import Stale
from app.features.devices.documents import Document
from app.features.devices.documents import check

VERSION_MOST = 2**53 - 1  # what JavaScript and JSON can count to


@dataclass(frozen=True, slots=True)
class Shadow:
    """Both halves with their versions; 0 is the version of a half that nobody wrote yet."""

    desired: Document
    desired_version: int
    reported: Document
    reported_version: int

    @property
    def delta(self) -> Document:
        """What the device has yet to become; empty when it has done all that is wished."""
        return difference(self.desired, self.reported)

    def wish(self, document: Document, *, expected_version: int | None = None) -> "Shadow":
        """Returns the shadow with another wish, which replaces the last one.

        Raises:
            Stale: the wish is in another version than the caller has seen.
            Invalid: it is too large, too deep, or cannot be stored.
        """
        if expected_version not in {None, self.desired_version}:
            raise Stale(f"what is desired is in version {self.desired_version}")
        check(document, "desired")
        if document == self.desired and self.desired_version:
            return self
        return replace(self, desired=document, desired_version=self.desired_version + 1)

    def report(self, document: Document, *, version: int) -> "Shadow":
        """Returns the shadow with what the device says; one that came late changes nothing.

        Raises:
            Invalid: it is too large, too deep, or cannot be stored.
        """
        if not 1 <= version <= VERSION_MOST:
            raise Invalid(fields={"version": f"count from 1 to {VERSION_MOST}"})
        check(document, "reported")
        if version <= self.reported_version:
            return self
        return replace(self, reported=document, reported_version=version)


NOTHING = Shadow(desired={}, desired_version=0, reported={}, reported_version=0)


def difference(desired: Document, reported: Document) -> Document:
    """Returns what ``reported`` lacks of ``desired``, objects member by member.

    A member that is desired to be null is wished away. What is reported beyond the wishes is the
    device's own and no difference.
    """
    lacking: Document = {}
    for name, wished in desired.items():
        told = reported.get(name)
        if isinstance(wished, dict) and isinstance(told, dict):
            inner = difference(wished, told)
            if inner:
                lacking[name] = inner
        elif not same(wished, told):
            lacking[name] = wished
    return lacking


def same(one: JsonValue, other: JsonValue) -> bool:
    """Tells whether two values are one in JSON, where ``true`` is not 1, as it is in Python."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
