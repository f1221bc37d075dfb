"""Signatures of free-text answers, to find texts that several candidates paste"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_signature",
        sa.Column("sitting_id", sa.Uuid(), sa.ForeignKey("sitting.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("item_id", sa.Uuid(), sa.ForeignKey("item.id"), nullable=False),
        sa.Column("candidate", sa.Uuid(), nullable=False),
        sa.Column("n_shingles", sa.Integer(), nullable=False),
        sa.Column("minima", sa.LargeBinary(), nullable=False),
        sa.Column("bands", postgresql.ARRAY(sa.BigInteger()), nullable=False),
    )
    op.create_index("ix_answer_signature_item_id", "answer_signature", ["item_id"])
    op.create_index(
        "ix_answer_signature_bands", "answer_signature", ["bands"], postgresql_using="gin"
    )


def downgrade() -> None:
    op.drop_table("answer_signature")
