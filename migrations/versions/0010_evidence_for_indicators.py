"""What a machine's rating says of each indicator of the rubric"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rating",
        sa.Column(
            "indicators",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default="[]",
        ),
    )
    op.alter_column("rating", "indicators", server_default=None)


def downgrade() -> None:
    op.drop_column("rating", "indicators")
