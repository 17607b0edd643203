"""Keep clocks of cases, versions of duties, followers, deliveries and visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FIRST_VERSIONS = """
INSERT INTO duty_version (
    duty_id, number, name, name_en, kind, department_id, private, answers_first, deadlines)
SELECT duty.id, 1, name, name_en, kind, department_id, private,
       CASE kind WHEN 'component' THEN 'owner' ELSE 'territory' END,
       COALESCE((SELECT jsonb_object_agg(stage, jsonb_build_object('amount', amount, 'unit', unit))
                 FROM duty_deadline WHERE duty_deadline.duty_id = duty.id), '{}')
FROM duty
"""

JUDGED_BY = "UPDATE issue SET duty_version = 1 WHERE duty_id IS NOT NULL"

# Clocks as the history tells them: each stage began with what it is counted from.
CLOCKS = """
WITH happened AS (
    SELECT issue.id, issue.duty_id, stage,
           CASE stage WHEN 'dispatch' THEN issue.received_at
                      WHEN 'feed_back' THEN max(event.at) FILTER (WHERE event.action = 'handle')
                      ELSE max(event.at) FILTER (WHERE event.action = 'dispatch') END AS started,
           COALESCE(max(event.at) FILTER (WHERE event.action = stage), issue.closed_at) AS met
    FROM issue
    CROSS JOIN unnest('{dispatch,accept,handle,feed_back}'::text[]) AS stage
    LEFT JOIN issue_event AS event ON event.issue_id = issue.id
    GROUP BY issue.id, stage)
UPDATE issue_deadline
SET started_at = LEAST(started, due_at), met_at = CASE WHEN met >= LEAST(started, due_at) THEN met END,
    amount = allowed.amount, unit = allowed.unit
FROM happened LEFT JOIN duty_deadline AS allowed
  ON allowed.duty_id = happened.duty_id AND allowed.stage = happened.stage
WHERE happened.id = issue_deadline.issue_id AND happened.stage = issue_deadline.stage
"""


SEARCHED = (
    "to_tsvector('simple'::regconfig, regexp_replace("
    "(((address || ' '::text) || name) || ' '::text) || code, '(.)'::text, '\\1 '::text, 'g'::text))"
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "duty_version",
        sa.Column("duty_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("answers_first", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), server_default="", nullable=False),
        sa.Column("counts_en", sa.Text(), server_default="", nullable=False),
        sa.Column("settled", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_en", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "deadlines",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "answers_first IN ('owner', 'territory')", name=op.f("ck_duty_version_answers_first")
        ),
        sa.CheckConstraint("kind IN ('component', 'event')", name=op.f("ck_duty_version_kind")),
        sa.CheckConstraint("number > 0", name=op.f("ck_duty_version_number")),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_duty_version_department_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["duty.id"], name=op.f("fk_duty_version_duty_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("duty_id", "number", name=op.f("pk_duty_version")),
    )
    op.create_index(
        op.f("ix_duty_version_department_id"), "duty_version", ["department_id"], unique=False
    )
    op.create_table(
        "issue_follower",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("follow_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "num_nonnulls(follow_sha256, account_id) = 1",
            name=op.f("ck_issue_follower_one_follower"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_issue_follower_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_follower_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_follower")),
        sa.UniqueConstraint("follow_sha256", name=op.f("uq_issue_follower_follow_sha256")),
        sa.UniqueConstraint(
            "issue_id", "account_id", name=op.f("uq_issue_follower_issue_id_account_id")
        ),
    )
    op.create_index(
        op.f("ix_issue_follower_account_id"), "issue_follower", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_issue_follower_issue_id"), "issue_follower", ["issue_id"], unique=False
    )
    op.create_index(op.f("ix_issue_follower_phone"), "issue_follower", ["phone"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("visitor", sa.Text(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_visit_account_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_visit_household_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index(op.f("ix_visit_account_id"), "visit", ["account_id"], unique=False)
    op.create_index("ix_visit_household", "visit", ["household_id", "visited_at"], unique=False)
    op.create_index(op.f("ix_visit_unit_id"), "visit", ["unit_id"], unique=False)
    op.create_index(op.f("ix_visit_visited_at"), "visit", ["visited_at"], unique=False)
    op.create_table(
        "hand_over",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("links", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "handed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_hand_over_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_hand_over_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    op.create_index(op.f("ix_hand_over_account_id"), "hand_over", ["account_id"], unique=False)
    op.create_index(op.f("ix_hand_over_member_id"), "hand_over", ["member_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("event_sequence", sa.Integer(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("follower_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'acknowledged', 'failed', 'by_link')",
            name=op.f("ck_delivery_state"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_delivery_attempts")),
        sa.ForeignKeyConstraint(
            ["follower_id"],
            ["issue_follower.id"],
            name=op.f("fk_delivery_follower_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_delivery_issue_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_delivery_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "issue_id",
            "event_sequence",
            "endpoint",
            "follower_id",
            name=op.f("uq_delivery_issue_id_event_sequence_endpoint_follower_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_delivery_follower_id"), "delivery", ["follower_id"], unique=False)
    op.create_index(
        op.f("ix_delivery_jurisdiction_id"), "delivery", ["jurisdiction_id"], unique=False
    )
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["next_at"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
    op.add_column("duty", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("duty", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "issue", sa.Column("source", sa.Text(), server_default="resident", nullable=False)
    )
    op.add_column(
        "issue", sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("issue", sa.Column("duty_version", sa.Integer(), nullable=True))
    op.add_column("issue", sa.Column("duplicate_of_id", sa.Uuid(), nullable=True))
    op.add_column("issue", sa.Column("transfers", sa.Integer(), server_default="0", nullable=False))
    op.add_column("issue", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_issue_duplicate_of_id"), "issue", ["duplicate_of_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_issue_duplicate_of_id"),
        "issue",
        "issue",
        ["duplicate_of_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_issue_duty_id_duty_version"),
        "issue",
        "duty_version",
        ["duty_id", "duty_version"],
        ["duty_id", "number"],
        initially="DEFERRED",
        deferrable=True,
    )
    op.add_column(
        "issue_deadline", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("issue_deadline", sa.Column("met_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "issue_deadline", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("issue_deadline", sa.Column("amount", sa.Integer(), nullable=True))
    op.add_column("issue_deadline", sa.Column("unit", sa.Text(), nullable=True))
    op.add_column(
        "issue_deadline", sa.Column("extensions", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "issue_deadline", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "issue_deadline", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "issue_deadline", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_issue_deadline_running",
        "issue_deadline",
        ["due_at"],
        unique=False,
        postgresql_where="started_at IS NOT NULL AND met_at IS NULL AND paused_at IS NULL AND escalated_at IS NULL",
    )
    op.create_index(
        "ix_issue_deadline_remind",
        "issue_deadline",
        ["remind_at"],
        unique=False,
        postgresql_where="started_at IS NOT NULL AND met_at IS NULL AND paused_at IS NULL AND reminded_at IS NULL",
    )
    op.add_column(
        "issue_photo", sa.Column("event_sequence", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("issue_event", sa.Column("from_grid_id", sa.Uuid(), nullable=True))
    op.add_column("issue_event", sa.Column("from_department_id", sa.BigInteger(), nullable=True))
    op.add_column("member", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))

    op.create_check_constraint(
        op.f("ck_issue_source"),
        "issue",
        "source IN ('resident', 'worker', 'staff', 'program', 'import')",
    )
    op.create_check_constraint(op.f("ck_issue_transfers"), "issue", "transfers >= 0")
    op.create_check_constraint(
        op.f("ck_issue_duplicate_of_another"), "issue", "duplicate_of_id <> id"
    )
    op.create_check_constraint(
        op.f("ck_issue_deadline_met_after_start"), "issue_deadline", "met_at >= started_at"
    )
    op.create_check_constraint(
        op.f("ck_issue_deadline_paused_after_start"), "issue_deadline", "paused_at >= started_at"
    )
    op.create_check_constraint(
        op.f("ck_issue_deadline_due_after_start"), "issue_deadline", "due_at >= started_at"
    )
    op.create_check_constraint(
        op.f("ck_issue_deadline_unit"), "issue_deadline", "unit IN ('work_hour', 'work_day')"
    )
    # Last: no table is altered while triggers wait for what was written to it.
    op.drop_table("issue_number")
    for statement in (FIRST_VERSIONS, JUDGED_BY, CLOCKS):
        op.execute(statement)
    op.create_index(
        "ix_building_searched",
        "building",
        [sa.text(SEARCHED)],
        unique=False,
        postgresql_using="gin",
    )


def downgrade() -> None:
    """Go back."""
    op.create_table(
        "issue_number",
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_issue_number_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("jurisdiction_id", "year", name=op.f("pk_issue_number")),
    )
    op.drop_index("ix_building_searched", table_name="building", postgresql_using="gin")
    for name in ("due_after_start", "met_after_start", "paused_after_start", "unit"):
        op.drop_constraint(op.f(f"ck_issue_deadline_{name}"), "issue_deadline", type_="check")
    for name in ("duplicate_of_another", "source", "transfers"):
        op.drop_constraint(op.f(f"ck_issue_{name}"), "issue", type_="check")
    op.drop_column("member", "left_at")
    op.drop_column("issue_event", "from_department_id")
    op.drop_column("issue_event", "from_grid_id")
    op.drop_column("issue_photo", "event_sequence")
    op.drop_index(
        "ix_issue_deadline_running",
        table_name="issue_deadline",
        postgresql_where="started_at IS NOT NULL AND met_at IS NULL AND paused_at IS NULL AND escalated_at IS NULL",
    )
    op.drop_index(
        "ix_issue_deadline_remind",
        table_name="issue_deadline",
        postgresql_where="started_at IS NOT NULL AND met_at IS NULL AND paused_at IS NULL AND reminded_at IS NULL",
    )
    op.drop_column("issue_deadline", "escalated_at")
    op.drop_column("issue_deadline", "reminded_at")
    op.drop_column("issue_deadline", "remind_at")
    op.drop_column("issue_deadline", "extensions")
    op.drop_column("issue_deadline", "unit")
    op.drop_column("issue_deadline", "amount")
    op.drop_column("issue_deadline", "paused_at")
    op.drop_column("issue_deadline", "met_at")
    op.drop_column("issue_deadline", "started_at")
    op.drop_constraint(op.f("fk_issue_duty_id_duty_version"), "issue", type_="foreignkey")
    op.drop_constraint(op.f("fk_issue_duplicate_of_id"), "issue", type_="foreignkey")
    op.drop_index(op.f("ix_issue_duplicate_of_id"), table_name="issue")
    op.drop_column("issue", "escalated_at")
    op.drop_column("issue", "transfers")
    op.drop_column("issue", "duplicate_of_id")
    op.drop_column("issue", "duty_version")
    op.drop_column("issue", "public")
    op.drop_column("issue", "source")
    op.drop_column("duty", "retired_at")
    op.drop_column("duty", "version")
    op.drop_index(
        "ix_delivery_waiting", table_name="delivery", postgresql_where="state = 'pending'"
    )
    op.drop_index(op.f("ix_delivery_jurisdiction_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_follower_id"), table_name="delivery")
    op.drop_table("hand_over")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_visit_visited_at"), table_name="visit")
    op.drop_index(op.f("ix_visit_unit_id"), table_name="visit")
    op.drop_index("ix_visit_household", table_name="visit")
    op.drop_index(op.f("ix_visit_account_id"), table_name="visit")
    op.drop_table("visit")
    op.drop_index(op.f("ix_issue_follower_phone"), table_name="issue_follower")
    op.drop_index(op.f("ix_issue_follower_issue_id"), table_name="issue_follower")
    op.drop_index(op.f("ix_issue_follower_account_id"), table_name="issue_follower")
    op.drop_table("issue_follower")
    op.drop_index(op.f("ix_duty_version_department_id"), table_name="duty_version")
    op.drop_table("duty_version")
