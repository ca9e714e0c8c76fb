"""A connection's name tells any process whose it is."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.principal import SessionId
from app.realtime.endpoints.own_connection import id_of_own
from app.realtime.endpoints.own_connection import name_for
from tests.realtime.rig import Door


def test_a_name_leads_to_the_connection_of_the_same_session_only() -> None:
    ada, grace = Door().add("ada"), Door().add("grace")
    phone = replace(ada, session_id=SessionId(uuid4()))
    token = replace(ada, session_id=None)

    name = name_for(ada, "c-1")

    assert id_of_own(ada, name) == "c-1"
    assert [id_of_own(who, name) for who in (grace, phone, token)] == [None, None, None]
    assert id_of_own(token, name_for(token, "c-2")) == "c-2"


@pytest.mark.parametrize("name", ["", ".", "c-1", "c-1.", "c-1.000000000000", "c-2.{tag}"])
def test_no_other_name_leads_anywhere(name: str) -> None:
    ada = Door().add("ada")
    tag = name_for(ada, "c-1").partition(".")[2]

    assert id_of_own(ada, name.format(tag=tag)) is None
