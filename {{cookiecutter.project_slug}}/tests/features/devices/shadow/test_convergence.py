"""Both sides change, the wire loses, doubles and reorders: after one clean exchange they agree."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.features.devices.documents import Document
from app.features.devices.shadow.document import NOTHING
from app.features.devices.shadow.document import Shadow
from app.features.devices.shadow.document import difference
from app.features.devices.shadow.replica import Replica
from app.features.devices.shadow.replica import merged

VALUES = st.none() | st.booleans() | st.integers(0, 3)
FLAT = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES | FLAT, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wish"), DOCUMENTS),
        st.tuples(st.just("change"), DOCUMENTS),
        st.tuples(st.just("obey"), st.none()),
        st.tuples(st.just("arrive"), st.integers(0, 5)),
        st.tuples(st.just("double"), st.integers(0, 5)),
        st.tuples(st.just("cut"), st.none()),
        st.tuples(st.just("forget"), st.none()),
    ),
    max_size=30,
)


@dataclass
class Pair:
    """A service, a device, and everything that is on its way between them, in no order."""

    shadow: Shadow = NOTHING
    device: Replica = field(default_factory=Replica)
    wire: list[Callable[[], None]] = field(default_factory=list)

    def wish(self, document: Document) -> None:
        self.shadow = self.shadow.wish(document)
        self.tell_device()

    def change(self, document: Document) -> None:
        self.device.become(document)
        self.tell_service()

    def obey(self) -> None:
        self.device.become(self.device.delta)
        self.tell_service()

    def tell_device(self) -> None:
        desired, version = self.shadow.desired, self.shadow.desired_version
        self.wire.append(lambda: self.hear(desired, version))

    def tell_service(self) -> None:
        reported, version = self.device.reported, self.device.reported_version
        self.wire.append(lambda: self.receive(reported, version))

    def hear(self, desired: Document, version: int) -> None:
        self.device.take(desired, version)

    def receive(self, reported: Document, version: int) -> None:
        if version:
            self.shadow = self.shadow.report(reported, version=version)

    def forget(self) -> None:
        """The device is reset: it knows nothing, not even how far it had counted."""
        self.device = Replica()
        self.wire.clear()

    def run(self, step: str, value: object) -> None:
        match step:
            case "arrive" | "double" if self.wire and isinstance(value, int):
                place = value % len(self.wire)
                (self.wire.pop(place) if step == "arrive" else self.wire[place])()
            case "wish" | "change" if isinstance(value, dict):
                getattr(self, step)(value)
            case "cut":
                self.wire.clear()
            case "obey" | "forget":
                getattr(self, step)()

    def connect(self) -> None:
        """What both do after a cut: compare counts, send the newest half, obey, report."""
        self.wire.clear()
        self.device.greet(reported_version=self.shadow.reported_version)
        self.device.take(self.shadow.desired, self.shadow.desired_version)
        self.device.become(self.device.delta)
        self.receive(self.device.reported, self.device.reported_version)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_after_any_cut_one_exchange_makes_both_agree(steps: list[tuple[str, object]]) -> None:
    pair = Pair()
    for step, value in steps:
        pair.run(step, value)

    pair.connect()

    assert pair.shadow.reported == pair.device.reported
    assert pair.shadow.desired == pair.device.desired
    assert pair.shadow.delta == {} == pair.device.delta


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_neither_side_ever_goes_back(steps: list[tuple[str, object]]) -> None:
    pair = Pair()
    for step, value in steps:
        before = pair.shadow
        pair.run(step, value)
        assert pair.shadow.desired_version >= before.desired_version
        assert pair.shadow.reported_version >= before.reported_version


def test_patches_in_place_of_whole_reports_would_not_converge() -> None:
    """The naive way, which takes the newest patch: one that was overtaken is lost for ever."""
    reported: Document = {}
    version = 0
    patches: list[tuple[int, Document]] = [(2, {"b": 2}), (1, {"a": 1})]
    for number, patch in patches:
        if number > version:
            reported, version = merged(reported, patch), number

    assert reported != {"a": 1, "b": 2}


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_a_device_that_does_what_is_lacking_lacks_nothing(
    desired: Document, reported: Document
) -> None:
    assert difference(desired, merged(reported, difference(desired, reported))) == {}


def test_a_wish_that_was_overtaken_is_not_heard_again() -> None:
    device = Replica()

    assert device.take({"a": 2}, 2)
    assert not device.take({"a": 1}, 1)
    assert not device.take({"a": 2}, 2)
    assert device.desired == {"a": 2}


def test_a_device_that_forgot_how_far_it_had_counted_is_heard_all_the_same() -> None:
    pair = Pair(shadow=NOTHING.report({"a": 1}, version=9))

    pair.receive({"a": 2}, 1)
    assert pair.shadow.reported == {"a": 1}, "without a greeting it counts from one, in vain"

    pair.device.become({"a": 2})
    pair.connect()
    assert pair.shadow.reported == {"a": 2}


@pytest.mark.parametrize("levels", [1, 2])
def test_null_takes_a_member_away_however_deep(levels: int) -> None:
    wish: Document = {"a": None} if levels == 1 else {"o": {"a": None}}
    has: Document = {"a": 1} if levels == 1 else {"o": {"a": 1}}

    assert "a" not in str(merged(has, difference(wish, has)))
