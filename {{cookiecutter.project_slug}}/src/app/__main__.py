"""The program ``app``: ``python -m app`` is the same."""

import click

from app.commands.check import check
from app.commands.dev import dev
from app.commands.migrate import migrate
from app.commands.routes import routes
from app.commands.serve import serve
from app.commands.user import user
from app.commands.worker import worker
from app.serving.lifeline import follow_parent


@click.group()
def main() -> None:
    """Runs and looks after the service."""
    follow_parent()


for command in (dev, serve, worker, migrate, check, routes, user):
    main.add_command(command)

if __name__ == "__main__":
    main()
