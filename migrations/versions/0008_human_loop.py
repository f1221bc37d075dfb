"""Why a rating was given, calls for more, vectors of answers, validity papers"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = ("rating_call", "validity_rating")
PURPOSES = "'first', 'double', 'read_behind', 'adjudication', 'rerating', 'extra'"


def upgrade() -> None:
    _calls()
    _purposes()
    _vectors()
    _validity()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _calls() -> None:
    op.create_table(
        "rating_call",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("sitting_id", sa.Uuid(), sa.ForeignKey("sitting.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), sa.ForeignKey("item.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('double', 'read_behind', 'adjudication', 'objection')",
            name="rating_call_kind",
        ),
    )
    for column in ("sitting_id", "item_id", "reference"):
        op.create_index(f"ix_rating_call_{column}", "rating_call", [column])
    op.create_index(
        "rating_call_drawn_once",
        "rating_call",
        ["sitting_id", "position", "kind"],
        unique=True,
        postgresql_where=sa.text("kind IN ('double', 'read_behind')"),
    )


def _purposes() -> None:
    """Ratings so far: those that became scores are first ones, second readings extra."""
    op.add_column("rating", sa.Column("purpose", sa.String(), nullable=True))
    op.add_column(
        "rating", sa.Column("call_id", sa.Uuid(), sa.ForeignKey("rating_call.id"), nullable=True)
    )
    op.create_index("ix_rating_call_id", "rating", ["call_id"])
    op.execute("ALTER TABLE rating DISABLE TRIGGER rating_append_only")
    op.execute(
        """
        UPDATE rating SET purpose = CASE
            WHEN rater_kind = 'machine' OR EXISTS (
                SELECT 1 FROM sitting_event e
                WHERE e.sitting_id = rating.sitting_id AND e.kind = 'scored'
                AND e.payload ->> 'rating' = rating.id::text
            ) THEN 'first'
            ELSE 'extra' END
        """
    )
    op.execute("ALTER TABLE rating ENABLE TRIGGER rating_append_only")
    op.alter_column("rating", "purpose", nullable=False)
    op.create_check_constraint("rating_purpose", "rating", f"purpose IN ({PURPOSES})")


def _vectors() -> None:
    op.create_table(
        "answer_vector",
        sa.Column("sitting_id", sa.Uuid(), sa.ForeignKey("sitting.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("item_id", sa.Uuid(), sa.ForeignKey("item.id"), nullable=False),
        sa.Column("encoder", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_answer_vector_item_id", "answer_vector", ["item_id"])


def _validity() -> None:
    op.create_table(
        "validity_paper",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("item_version_id", sa.Uuid(), sa.ForeignKey("item_version.id"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sitting_id", sa.Uuid(), sa.ForeignKey("sitting.id"), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("marked_by", sa.String(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="validity_paper_level"),
        sa.CheckConstraint("source IN ('development', 'agreed')", name="validity_paper_source"),
        sa.CheckConstraint(
            "(source = 'agreed') = (sitting_id IS NOT NULL AND position IS NOT NULL)",
            name="validity_paper_origin",
        ),
        sa.UniqueConstraint("sitting_id", "position", name="validity_paper_once"),
    )
    op.create_index("ix_validity_paper_item_version_id", "validity_paper", ["item_version_id"])
    op.create_table(
        "validity_rating",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("paper_id", sa.Uuid(), sa.ForeignKey("validity_paper.id"), nullable=False),
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="validity_rating_level"),
        sa.UniqueConstraint("paper_id", "rater", name="validity_rating_once"),
    )
    op.create_index("ix_validity_rating_paper_id", "validity_rating", ["paper_id"])
    op.create_index("ix_validity_rating_rater", "validity_rating", ["rater"])


def downgrade() -> None:
    for table in ("validity_rating", "validity_paper", "answer_vector"):
        op.drop_table(table)
    op.drop_column("rating", "call_id")
    op.drop_column("rating", "purpose")
    op.drop_table("rating_call")
