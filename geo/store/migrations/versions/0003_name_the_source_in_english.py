"""Name the source in English."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "jurisdiction",
        sa.Column("source_en", sa.Text(), server_default="", nullable=False),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("jurisdiction", "source_en")
