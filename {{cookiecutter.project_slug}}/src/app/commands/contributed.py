"""Commands of features: each adds its own, and is given the resources when one of them runs."""

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from app.commands.application import application
from app.embedded import Embedded
from app.embedded import EmbeddedError
from app.embedded import Urls
from app.features import FEATURES
from app.features.registration import BringsCommands
from app.features.registration import Feature
from app.resources import Resources
from app.resources import resources_of
from app.settings import Settings

FOLDER = Path(".run")  # where `app dev` keeps its servers


def add_commands_of_features(
    program: click.Group, *, features: Sequence[Feature] = FEATURES
) -> None:
    """Lets every feature that has commands add them to ``program``."""
    for feature in features:
        if isinstance(feature, BringsCommands):
            feature.add_commands(program, resources_at_hand)


@contextmanager
def resources_at_hand() -> Iterator[Resources]:
    """Yields the resources of the servers that the settings name, or of those of ``app dev``.

    Raises ClickException when production does not say where its servers are, or none can be had.
    """
    settings = Settings()
    if settings.environment == "production":
        yield resources_of(application(settings))
        return
    given = Urls(settings.database.url, settings.redis.url)
    try:
        with Embedded(FOLDER, given=given) as urls:
            database = settings.database.model_copy(update={"url": urls.database})
            redis = settings.redis.model_copy(update={"url": urls.redis})
            found = settings.model_copy(update={"database": database, "redis": redis})
            yield resources_of(application(found))
    except EmbeddedError as error:
        raise click.ClickException(str(error)) from error
