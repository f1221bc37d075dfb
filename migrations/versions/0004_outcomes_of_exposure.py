"""What each finished sitting tells of exposure"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exposure_outcome",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("sitting_id", sa.Uuid(), sa.ForeignKey("sitting.id"), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), sa.ForeignKey("assessment.id"), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.UniqueConstraint("sitting_id"),
    )
    op.create_index("ix_exposure_outcome_assessment_id", "exposure_outcome", ["assessment_id"])


def downgrade() -> None:
    op.drop_table("exposure_outcome")
