"""What can be tuned about dashboards."""

from typing import Literal
from typing import cast

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from quart import current_app

from app.setting_sources import Group

EXTENSION = "dashboards"


class DashboardsSettings(Group):
    """Whether this process measures, and for how long what it measured is kept.

    ``sampling`` is ``auto`` unless somebody decides: not where ``ENVIRONMENT`` is ``test``.
    """

    model_config = SettingsConfigDict(env_prefix="DASHBOARDS_")

    sampling: Literal["auto", "on", "off"] = "auto"
    keep_seconds_hours: float = Field(default=1.0, ge=1.0, le=48.0)
    keep_days: int = Field(default=30, ge=1, le=3_660)
    event_days: int = Field(default=90, ge=1, le=3_660)


def current_settings() -> DashboardsSettings:
    """Returns the settings of the application that handles the current request."""
    return cast("DashboardsSettings", current_app.extensions[EXTENSION])
