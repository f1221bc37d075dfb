"""``takar migrate``."""

import click

from web.commands.shared import database, plain_errors
from web.config import Settings


@click.command("migrate")
@plain_errors
def command() -> None:
    """Bring the database to this version's schema."""
    from web.migrate import upgrade

    with database(Settings.from_environment()) as (engine, _url):
        upgrade(engine)
    click.echo("The schema is up to date.")
