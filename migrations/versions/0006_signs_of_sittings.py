"""Signs by which a finished sitting may deserve a second look"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sitting_signs",
        sa.Column("sitting_id", sa.Uuid(), sa.ForeignKey("sitting.id"), primary_key=True),
        sa.Column("kinds", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("lz_star", sa.Float(), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("sitting_signs")
