"""Slopes of the categories of nominal items"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "item_parameters",
        sa.Column(
            "slopes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'[]'::jsonb"),
        ),
    )
    op.alter_column("item_parameters", "slopes", server_default=None)


def downgrade() -> None:
    op.drop_column("item_parameters", "slopes")
