"""``takar worker``."""

import click

from web.commands.shared import plain_errors
from web.config import Settings
from web.errors import ConfigError


@click.command("worker")
@plain_errors
def command() -> None:
    """Work off background jobs until told to stop."""
    import web.tables  # noqa: F401  (the mappers need every table)
    from item_bank.database import make_engine
    from web import jobs, logs

    settings = Settings.from_environment()
    if settings.database_url is None:
        raise ConfigError(
            "TAKAR_DATABASE_URL is not set; `takar demo` starts a database of its own"
        )
    logs.configure(settings.log_level)
    jobs.run_worker(make_engine(settings.database_url), settings.database_url, settings.encoder)
