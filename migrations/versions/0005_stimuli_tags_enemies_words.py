"""Stimuli, and what else an item version tells the selection: tags, enemies, words"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("stimulus", "stimulus_version", "item_enemy")


def upgrade() -> None:
    op.create_table(
        "stimulus",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("competency", sa.String(), sa.ForeignKey("competency.code"), nullable=False),
    )
    op.create_index("ix_stimulus_code", "stimulus", ["code"], unique=True)
    op.create_index("ix_stimulus_competency", "stimulus", ["competency"])
    op.create_table(
        "stimulus_version",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("stimulus_id", sa.Uuid(), sa.ForeignKey("stimulus.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("stimulus_id", "version", name="stimulus_version_once"),
    )
    op.create_index("ix_stimulus_version_stimulus_id", "stimulus_version", ["stimulus_id"])
    op.create_table(
        "item_enemy",
        sa.Column("item_version_id", sa.Uuid(), sa.ForeignKey("item_version.id"), primary_key=True),
        sa.Column("enemy_id", sa.Uuid(), sa.ForeignKey("item.id"), primary_key=True),
    )
    op.create_index("ix_item_enemy_enemy_id", "item_enemy", ["enemy_id"])
    _columns_of_item_version()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _columns_of_item_version() -> None:
    """Versions written before have no words counted; the next import writes versions that do.

    Their rows are never changed: the pools that older sittings were opened with stay as they were.
    """
    op.add_column("item_version", sa.Column("stimulus_version_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "item_version_stimulus_version_id_fkey",
        "item_version",
        "stimulus_version",
        ["stimulus_version_id"],
        ["id"],
    )
    op.create_index("ix_item_version_stimulus_version_id", "item_version", ["stimulus_version_id"])
    op.add_column(
        "item_version",
        sa.Column("tags", postgresql.ARRAY(sa.String()), nullable=False, server_default="{}"),
    )
    op.add_column(
        "item_version", sa.Column("words", sa.Integer(), nullable=False, server_default="0")
    )
    for column in ("tags", "words"):
        op.alter_column("item_version", column, server_default=None)
    op.create_check_constraint("item_version_words", "item_version", "words >= 0")


def downgrade() -> None:
    op.drop_constraint("item_version_words", "item_version", type_="check")
    op.drop_index("ix_item_version_stimulus_version_id", "item_version")
    for column in ("stimulus_version_id", "tags", "words"):
        op.drop_column("item_version", column)
    for table in ("item_enemy", "stimulus_version", "stimulus"):
        op.drop_table(table)
