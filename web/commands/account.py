"""``takar account``."""

import click

from web.commands.shared import database, plain_errors
from web.config import Settings

STAFF = ("assessor", "psychometrician", "personnel", "panel", "auditor")


@click.group("account")
def command() -> None:
    """Make an account for staff."""


@command.command("add")
@click.argument("login")
@click.option("--name", required=True, help="Name shown on pages.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(STAFF))
@plain_errors
def add(login: str, name: str, roles: tuple[str, ...]) -> None:
    """Add an account LOGIN with a first password, which is printed once and must be changed."""
    from sqlmodel import select

    import web.tables  # noqa: F401  (the mappers need every table)
    from item_bank.database import unit_of_work
    from web.auth.access import Role
    from web.auth.accounts import create_account
    from web.auth.models import Account
    from web.auth.passwords import make_password

    password = make_password()
    with database(Settings.from_environment()) as (engine, _url), unit_of_work(engine) as session:
        if session.exec(select(Account).where(Account.login == login)).first():
            raise click.ClickException(f"there is already an account {login!r}")
        create_account(session, login, name, tuple(Role(role) for role in roles), password)
    click.echo(f"Account {login}, first password {password}")
