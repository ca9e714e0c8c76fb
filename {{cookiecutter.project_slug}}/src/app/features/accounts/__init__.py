"""Accounts: joining, signing in and out, and seeing where one is signed in."""

from quart import Quart

from app.features.accounts import address
from app.features.accounts import data
from app.features.accounts import joining
from app.features.accounts import letters
from app.features.accounts import openid
from app.features.accounts import pages
from app.features.accounts import passwords
from app.features.accounts import profile
from app.features.accounts import reauthentication
from app.features.accounts import routes
from app.features.accounts import second_factor
from app.features.accounts import security
from app.features.accounts import service
from app.features.accounts import sessions
from app.features.accounts import tokens
from app.identity.browsers.interface import keep_sessions_on_the_server
from app.resources import Resources

# The parts of the account, a folder each: what they add to its pages, they add in `register`.
PARTS = (
    *(joining, passwords, address, reauthentication, profile, security, sessions),
    *(tokens, second_factor, openid, data),
)

# Somewhere in the hour, but not at its start, when everybody's jobs run.
CLEAN_UP_SCHEDULE = "17 * * * *"

DEMO_PEOPLE = (("ada@example.com", "Ada Lovelace"), ("grace@example.com", "Grace Hopper"))

DEMO_ADMINISTRATOR = "ada@example.com"


def register(app: Quart, resources: Resources) -> None:
    """Attaches pages, routes and Flask's ``session``; has what ran out removed every hour."""
    keep_sessions_on_the_server(app, resources.identity)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    letters.register(resources)
    for part in PARTS:
        part.register(app, resources)
    resources.jobs.schedule(
        "accounts.delete_expired_sessions",
        CLEAN_UP_SCHEDULE,
        resources.identity.delete_expired,
    )


async def add_demo(resources: Resources) -> None:
    """Stores the demo people, unless they are there or this is production.

    Raises:
        RuntimeError: this is production, where a well-known password must open nothing.
    """
    settings = resources.settings
    if settings.environment == "production":
        raise RuntimeError("demo people are not for production")
    for email, name in DEMO_PEOPLE:
        await service.add_person_once(
            resources.identity,
            email=email,
            name=name,
            password=settings.demo_password,
            is_admin=email == DEMO_ADMINISTRATOR,
        )
