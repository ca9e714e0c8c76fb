"""The headers of a request: found quickly, alike in everything else, and as they were received."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies
from werkzeug.datastructures import Headers

from app.transport.received_headers import ReceivedHeaders

NAMES = strategies.sampled_from([b"host", b"x-one", b"X-Two", b"remote-addr", b"accept"])
VALUES = strategies.text("ab \xe9\x7f", max_size=4).map(lambda text: text.encode("latin-1"))
RECEIVED = strategies.lists(strategies.tuples(NAMES, VALUES), max_size=8)
ASKED = ("Host", "x-one", "X-TWO", "Remote-Addr", "accept", "missing", "")


@given(received=RECEIVED)
def test_they_are_those_of_werkzeug(received: list[tuple[bytes, bytes]]) -> None:
    quick = ReceivedHeaders(received, address="203.0.113.7")
    usual = Headers([("Remote-Addr", "203.0.113.7")])
    for name, value in received:
        usual._list.append((name.decode("latin1").title(), value.decode("latin1")))

    assert list(quick) == list(usual)
    assert len(quick) == len(usual)
    assert quick == usual
    assert [quick.get(name) for name in ASKED] == [usual.get(name) for name in ASKED]
    assert [quick.get(name, "no") for name in ASKED] == [usual.get(name, "no") for name in ASKED]
    assert [name in quick for name in ASKED] == [name in usual for name in ASKED]
    assert [quick.getlist(name) for name in ASKED] == [usual.getlist(name) for name in ASKED]
    assert quick[1:] == usual[1:]
    assert quick[0] == usual[0]


def test_a_client_does_not_choose_its_address() -> None:
    received = ReceivedHeaders([(b"remote-addr", b"10.0.0.1")], address="203.0.113.7")

    assert received["Remote-Addr"] == "203.0.113.7"


def test_what_is_asked_for_as_a_number_is_one() -> None:
    received = ReceivedHeaders([(b"x-count", b"7")], address="")

    assert received.get("X-Count", type=int) == 7
    assert received.get("Missing", 3, int) == 3
    with pytest.raises(KeyError):
        received["missing"]


def test_nobody_changes_what_was_received() -> None:
    received = ReceivedHeaders([(b"host", b"here")], address="")

    with pytest.raises(TypeError):
        received["Host"] = "there"
    changed = copy.copy(received)
    changed["Host"] = "there"

    assert (received["Host"], changed["Host"]) == ("here", "there")
