"""Signing in with an account elsewhere: buttons, the way there and back, links in the account."""

from functools import partial

from quart import Quart

from app.features.accounts.account import account_of
from app.features.accounts.openid import pages
from app.features.accounts.openid import proving
from app.features.accounts.openid.service import EXTENSION
from app.features.accounts.openid.service import OpenId
from app.features.accounts.reauthentication import offer
from app.resources import Resources

# Somewhere in the hour, but not at its start, when everybody's jobs run.
CLEAN_UP_SCHEDULE = "29 * * * *"


def register(app: Quart, resources: Resources) -> None:
    """Attaches the routes and the buttons, where the settings name a provider."""
    openid = OpenId(resources.settings, resources.database, resources.identity)
    app.extensions[EXTENSION] = openid
    resources.jobs.schedule(
        "accounts.delete_expired_openid_flows", CLEAN_UP_SCHEDULE, openid.flows.delete_expired
    )

    @app.context_processor
    async def buttons() -> dict[str, object]:
        return {"openid_providers": tuple(openid.providers.values())}

    if not openid.providers:
        return
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(proving.blueprint)
    for provider in openid.providers.values():
        offer(
            app,
            f"Continue with {provider.label}",
            f"/account/providers/{provider.name}/prove",
            is_open=partial(openid.connections.has, name=provider.name),
        )
    account_of(app).add_entry(
        "/account/security",
        "Other accounts",
        pages.URL,
        order=60,
        action="Manage",
        state=openid.connections.tell,
    )
