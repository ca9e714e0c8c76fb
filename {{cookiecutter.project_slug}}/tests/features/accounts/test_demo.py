from dataclasses import replace

import pytest
from quart import Quart

from app.features import accounts
from app.resources import resources_of


async def test_the_demo_people_can_sign_in_and_are_added_once(app: Quart) -> None:
    resources = resources_of(app)

    await accounts.add_demo(resources)
    await accounts.add_demo(resources)

    password = resources.settings.demo_password
    for email in ("ada@example.com", "grace@example.com"):
        assert (await resources.identity.authenticate(email, password)).email == email


async def test_production_has_no_demo_people(app: Quart) -> None:
    resources = resources_of(app)
    production = resources.settings.model_copy(update={"environment": "production"})

    with pytest.raises(RuntimeError):
        await accounts.add_demo(replace(resources, settings=production))
