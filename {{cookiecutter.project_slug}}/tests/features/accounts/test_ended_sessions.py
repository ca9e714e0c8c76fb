"""A session ends in another process while this one remembers it: nothing that lasts comes of it.

Whoever has got in with somebody's password is put out when they change it, and would otherwise
have seconds to come back to stay.
"""

from collections.abc import Awaitable
from collections.abc import Callable

import pytest
from quart import Quart

from app.errors import Unauthenticated
from app.features.accounts.address import service as address
from app.features.accounts.data.service import ask_for_export
from app.features.accounts.data.service import delete_account
from app.features.accounts.passwords import service as passwords
from app.identity.sessions import store
from app.resources import resources_of
from tests.letters import letters_to
from tests.letters import send_all
from tests.people import PASSWORD
from tests.people import Person

NEW = "ada@harbour.example"


async def change_the_password(app: Quart, ada: Person) -> None:
    await passwords.change(
        ada.principal, resources_of(app), present=PASSWORD, new="another horse battery"
    )


async def ask_for_another_address(app: Quart, ada: Person) -> None:
    await address.ask_for(ada.principal, resources_of(app), email=NEW, password=PASSWORD, code="")


async def delete_it(app: Quart, ada: Person) -> None:
    resources = resources_of(app)
    await delete_account(ada.principal, resources.database, resources.identity)


async def take_another_name(app: Quart, ada: Person) -> None:
    await resources_of(app).identity.profiles.rename(ada.principal, "Mallory")


async def ask_for_a_copy(app: Quart, ada: Person) -> None:
    resources = resources_of(app)
    await ask_for_export(ada.principal, resources.database, resources.jobs)


CHANGES = [
    change_the_password,
    ask_for_another_address,
    delete_it,
    take_another_name,
    ask_for_a_copy,
]


@pytest.mark.parametrize("change", CHANGES)
async def test_it_changes_nothing_about_the_account(
    app: Quart, ada: Person, change: Callable[[Quart, Person], Awaitable[None]]
) -> None:
    resources = resources_of(app)
    async with resources.database.transaction() as work:
        await store.remove(work.session, ada.user.id)

    with pytest.raises(Unauthenticated):
        await change(app, ada)

    await send_all(app)
    assert letters_to(app, NEW) == []
    assert letters_to(app, ada.user.email) == []
    assert await resources.identity.authenticate(ada.user.email, PASSWORD) == ada.user


async def test_a_link_that_was_asked_for_is_not_sent_after_the_password_has_changed(
    app: Quart, ada: Person
) -> None:
    await ask_for_another_address(app, ada)
    await resources_of(app).identity.set_password(ada.user.id, "another horse battery")

    await send_all(app)

    assert letters_to(app, NEW) == []
