"""Tell those who have booked of closures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ABOUT = ["issue_id", "event_sequence", "endpoint", "follower_id", "booking_id"]


def upgrade() -> None:
    """Go forward."""
    op.add_column("delivery", sa.Column("notice", sa.Text(), nullable=True))
    op.execute("UPDATE delivery SET notice = 'reminder' WHERE booking_id IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_delivery_notice"),
        "delivery",
        "(booking_id IS NULL) = (notice IS NULL) AND notice IN ('reminder', 'closure')",
    )
    op.drop_constraint("uq_delivery_about", "delivery", type_="unique")
    op.create_unique_constraint(
        "uq_delivery_about", "delivery", [*ABOUT, "notice"], postgresql_nulls_not_distinct=True
    )


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM delivery WHERE notice = 'closure'")
    op.drop_constraint("uq_delivery_about", "delivery", type_="unique")
    op.create_unique_constraint(
        "uq_delivery_about", "delivery", ABOUT, postgresql_nulls_not_distinct=True
    )
    op.drop_constraint(op.f("ck_delivery_notice"), "delivery", type_="check")
    op.drop_column("delivery", "notice")
