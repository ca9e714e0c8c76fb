from uuid import UUID

import pytest

from app.features.chat import policy
from app.features.chat.policy import Role
from app.principal import Principal
from app.principal import UserId

ADA = Principal(kind="user", user_id=UserId(UUID(int=1)))
GRACE_ID = UserId(UUID(int=2))


def test_only_its_author_may_edit_a_message() -> None:
    assert policy.may_edit(ADA, author_id=ADA.own_id)
    assert not policy.may_edit(ADA, author_id=GRACE_ID)


@pytest.mark.parametrize(
    ("role", "allowed"), [("owner", True), ("moderator", True), ("member", False)]
)
def test_owners_and_moderators_delete_what_others_wrote(role: Role, allowed: bool) -> None:
    assert policy.may_delete(ADA, role=role, author_id=GRACE_ID) is allowed


def test_a_member_may_delete_their_own_message() -> None:
    assert policy.may_delete(ADA, role="member", author_id=ADA.own_id)


@pytest.mark.parametrize(
    ("role", "other", "allowed"),
    [
        ("owner", "moderator", True),
        ("owner", "member", True),
        ("owner", "owner", False),
        ("moderator", "member", True),
        ("moderator", "moderator", False),
        ("moderator", "owner", False),
        ("member", "member", False),
    ],
)
def test_one_removes_only_people_of_a_lower_rank(role: Role, other: Role, allowed: bool) -> None:
    assert policy.may_remove(role, other=other) is allowed


def test_owners_govern_and_moderators_invite() -> None:
    assert policy.may_govern("owner")
    assert not policy.may_govern("moderator")
    assert policy.may_invite("moderator")
    assert not policy.may_invite("member")


def test_the_last_owner_may_not_go() -> None:
    assert policy.leaves_no_owner("owner", other_owners=0)
    assert not policy.leaves_no_owner("owner", other_owners=1)
    assert not policy.leaves_no_owner("member", other_owners=0)
