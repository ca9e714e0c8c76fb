"""``app routes``: every address, who may call it and how often."""

import click
from quart import Quart

from app.factory import create_app
from app.settings import Settings
from app.web.guards import guard_of

HIDDEN_METHODS = {"HEAD", "OPTIONS"}
NOWHERE = "postgresql://nowhere/app"
HEADINGS = ("methods", "path", "who", "limit")


@click.command()
def routes() -> None:
    """Lists the routes and who may call them."""
    found = rows(create_app(_with_some_address(Settings())))
    table = [HEADINGS, *sorted(found, key=lambda row: row[1])]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def rows(app: Quart) -> list[tuple[str, str, str, str]]:
    """Returns one row for each rule of the URL map."""
    return [
        (
            " ".join(sorted((rule.methods or set()) - HIDDEN_METHODS)),
            rule.rule,
            _guard(app, rule.endpoint),
            str(getattr(app.view_functions[rule.endpoint], "__limit__", "-")),
        )
        for rule in app.url_map.iter_rules()
    ]


def _with_some_address(settings: Settings) -> Settings:
    # Nothing is opened, so any address does where none is set.
    if settings.database.url:
        return settings
    database = settings.database.model_copy(update={"url": NOWHERE})
    return settings.model_copy(update={"database": database})


def _guard(app: Quart, endpoint: str) -> str:
    declared = guard_of(app.view_functions, endpoint)
    return declared.name if declared else "-"
