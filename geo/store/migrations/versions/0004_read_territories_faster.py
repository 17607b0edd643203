"""Read territories faster: units of residents, jurisdictions of history, better indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CODE_REUSED = "ex_grid_version_code_reused"


def upgrade() -> None:
    """Go forward."""
    op.add_column("resident", sa.Column("unit_id", sa.BigInteger()))
    op.execute(
        "UPDATE resident SET unit_id = household.unit_id FROM household"
        " WHERE household.id = resident.household_id"
    )
    op.alter_column("resident", "unit_id", nullable=False)
    op.create_index("ix_resident_unit_id", "resident", ["unit_id"])

    op.add_column("issue_event", sa.Column("jurisdiction_id", sa.BigInteger()))
    op.execute("ALTER TABLE issue_event DISABLE TRIGGER USER")
    op.execute(
        "UPDATE issue_event SET jurisdiction_id = issue.jurisdiction_id FROM issue"
        " WHERE issue.id = issue_event.issue_id"
    )
    op.execute("ALTER TABLE issue_event ENABLE TRIGGER USER")
    op.alter_column("issue_event", "jurisdiction_id", nullable=False)

    op.drop_index("ix_unit_assignment_generation_id_grid_id", "unit_assignment")
    op.create_index(
        "ix_unit_assignment_grid", "unit_assignment", ["generation_id", "grid_id", "unit_id"]
    )
    op.drop_constraint(CODE_REUSED, "grid_version")
    op.execute(
        f"ALTER TABLE grid_version ADD CONSTRAINT {CODE_REUSED}"
        " EXCLUDE USING gist (code WITH =, (grid_id::text) WITH <>)"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_constraint(CODE_REUSED, "grid_version")
    op.create_exclude_constraint(CODE_REUSED, "grid_version", ("code", "="), ("grid_id", "<>"))
    op.drop_index("ix_unit_assignment_grid", "unit_assignment")
    op.create_index(
        "ix_unit_assignment_generation_id_grid_id",
        "unit_assignment",
        ["generation_id", "grid_id"],
    )
    op.drop_column("issue_event", "jurisdiction_id")
    op.drop_column("resident", "unit_id")
