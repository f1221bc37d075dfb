"""Alembic's entry: the connection comes from the caller, the schema from ``web.tables``."""

from alembic import context

from web.tables import metadata

OWN_QUEUE = "procrastinate_"


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith(OWN_QUEUE))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=include_name,
)
with context.begin_transaction():
    context.run_migrations()
