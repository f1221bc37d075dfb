"""``takar policy``."""

from pathlib import Path

import click

from web.commands.shared import database, plain_errors
from web.config import Settings


@click.group("policy")
def command() -> None:
    """Load a placement policy from a file."""


@command.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@plain_errors
def load(file: Path) -> None:
    """Check FILE and add it as a version; results keep the version that made them."""
    from item_bank.database import unit_of_work
    from web.policies.store import load_policy

    with database(Settings.from_environment()) as (engine, _url), unit_of_work(engine) as session:
        policy = load_policy(session, file)
        click.echo(f"Policy {policy.version} is loaded, in force from {policy.effective_from}.")
