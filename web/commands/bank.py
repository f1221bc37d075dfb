"""``takar bank``."""

from pathlib import Path

import click

from web.commands.shared import database, plain_errors
from web.config import Settings


@click.group("bank")
def command() -> None:
    """Import items, parameters and assessments from files."""


@command.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@plain_errors
def import_folder(folder: Path) -> None:
    """Import FOLDER, shaped as item_bank/starter/README.md says; all of it or nothing."""
    from item_bank.database import unit_of_work
    from web.migrate import upgrade
    from web.usecases.bank import import_bank

    with database(Settings.from_environment()) as (engine, _url):
        upgrade(engine)
        with unit_of_work(engine) as session:
            done = import_bank(session, folder)
    items = done.items
    click.echo(
        f"{items.added} items added, {items.changed} with a new version, "
        f"{items.unchanged} unchanged. "
        f"Parameter set {done.parameter_set.name} ({done.parameter_set.status}); "
        f"{done.assessments} assessments."
    )
