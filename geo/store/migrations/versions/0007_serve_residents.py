"""Keep rooms, services, closures, shifts and bookings of stations, and days on which one is closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "closure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_closure_reason")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_closure_not_empty")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_closure_account_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_closure_station_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_index(op.f("ix_closure_account_id"), "closure", ["account_id"], unique=False)
    op.create_index(op.f("ix_closure_station_id"), "closure", ["station_id"], unique=False)
    op.create_table(
        "room",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "zone IN ('deliberation', 'public_service', 'warm_service', 'office', 'ancillary')",
            name=op.f("ck_room_zone"),
        ),
        sa.CheckConstraint("area_m2 > 0", name=op.f("ck_room_area_m2")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_room_station_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("station_id", "code", name=op.f("uq_room_station_id_code")),
    )
    op.create_table(
        "station_service",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("anywhere", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("one_window", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("needs", sa.Text(), server_default="", nullable=False),
        sa.Column("needs_en", sa.Text(), server_default="", nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("days_ahead", sa.Integer(), server_default="14", nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(way = 'appointment') = (slot_minutes IS NOT NULL)",
            name=op.f("ck_station_service_slots"),
        ),
        sa.CheckConstraint("way IN ('appointment', 'errand')", name=op.f("ck_station_service_way")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name=op.f("ck_station_service_capacity")),
        sa.CheckConstraint(
            "days_ahead BETWEEN 0 AND 366", name=op.f("ck_station_service_days_ahead")
        ),
        sa.CheckConstraint(
            "slot_minutes BETWEEN 5 AND 480", name=op.f("ck_station_service_slot_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["station.id"],
            name=op.f("fk_station_service_station_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_service")),
        sa.UniqueConstraint("station_id", "code", name=op.f("uq_station_service_station_id_code")),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="booked", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("follow_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("helper_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'booked') = (ended_at IS NULL)", name=op.f("ck_booking_ended")
        ),
        sa.CheckConstraint(
            "state IN ('booked', 'cancelled', 'done', 'missed')", name=op.f("ck_booking_state")
        ),
        sa.CheckConstraint("(seat IS NULL) = (ends_at IS NULL)", name=op.f("ck_booking_slot")),
        sa.CheckConstraint("seat > 0", name=op.f("ck_booking_seat")),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["member.id"], name=op.f("fk_booking_helper_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["station_service.id"],
            name=op.f("fk_booking_service_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_booking_station_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("follow_sha256", name=op.f("uq_booking_follow_sha256")),
        sa.UniqueConstraint("number", name=op.f("uq_booking_number")),
    )
    op.create_index("ix_booking_day", "booking", ["station_id", "starts_at"], unique=False)
    op.create_index(op.f("ix_booking_helper_id"), "booking", ["helper_id"], unique=False)
    op.create_index(op.f("ix_booking_service_id"), "booking", ["service_id"], unique=False)
    op.create_index(
        "ix_booking_reminder",
        "booking",
        ["remind_at"],
        unique=False,
        postgresql_where="state = 'booked' AND reminded_at IS NULL",
    )
    op.create_index(
        "uq_booking_seat",
        "booking",
        ["service_id", "starts_at", "seat"],
        unique=True,
        postgresql_where="state <> 'cancelled' AND seat IS NOT NULL",
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('ordinary', 'lunch', 'weekend', 'holiday')", name=op.f("ck_shift_kind")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shift_not_empty")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_shift_account_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_shift_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_shift_station_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint(
            "station_id",
            "member_id",
            "starts_at",
            name=op.f("uq_shift_station_id_member_id_starts_at"),
        ),
    )
    op.create_index(op.f("ix_shift_account_id"), "shift", ["account_id"], unique=False)
    op.create_index(op.f("ix_shift_member_id"), "shift", ["member_id"], unique=False)
    for table in ("delivery", "idempotency_key"):
        op.add_column(table, sa.Column("booking_id", sa.Uuid(), nullable=True))
        op.alter_column(table, "issue_id", existing_type=sa.Uuid(), nullable=True)
        op.create_foreign_key(
            op.f(f"fk_{table}_booking_id"),
            table,
            "booking",
            ["booking_id"],
            ["id"],
            ondelete="CASCADE",
        )
        op.create_index(op.f(f"ix_{table}_booking_id"), table, ["booking_id"], unique=False)
        op.create_check_constraint(
            op.f(f"ck_{table}_about_one"), table, "num_nonnulls(issue_id, booking_id) = 1"
        )
    op.alter_column("delivery", "event_sequence", existing_type=sa.Integer(), nullable=True)
    op.create_check_constraint(
        op.f("ck_delivery_event"), "delivery", "(issue_id IS NULL) = (event_sequence IS NULL)"
    )
    op.drop_constraint(
        op.f("uq_delivery_issue_id_event_sequence_endpoint_follower_id"), "delivery", type_="unique"
    )
    op.create_unique_constraint(
        "uq_delivery_about",
        "delivery",
        ["issue_id", "event_sequence", "endpoint", "follower_id", "booking_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.alter_column("opening_rule", "opens", existing_type=sa.Time(), nullable=True)
    op.alter_column("opening_rule", "closes", existing_type=sa.Time(), nullable=True)
    op.drop_constraint(op.f("uq_opening_rule_station_id_day_opens"), "opening_rule", type_="unique")
    op.create_unique_constraint(
        op.f("uq_opening_rule_station_id_day_opens"),
        "opening_rule",
        ["station_id", "day", "opens"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_check_constraint(
        op.f("ck_opening_rule_both_or_none"), "opening_rule", "(opens IS NULL) = (closes IS NULL)"
    )


def downgrade() -> None:
    """Remove them."""
    op.execute("DELETE FROM opening_rule WHERE opens IS NULL")
    op.drop_constraint(op.f("ck_opening_rule_both_or_none"), "opening_rule", type_="check")
    op.drop_constraint(op.f("uq_opening_rule_station_id_day_opens"), "opening_rule", type_="unique")
    op.create_unique_constraint(
        op.f("uq_opening_rule_station_id_day_opens"),
        "opening_rule",
        ["station_id", "day", "opens"],
        postgresql_nulls_not_distinct=False,
    )
    op.alter_column("opening_rule", "closes", existing_type=sa.Time(), nullable=False)
    op.alter_column("opening_rule", "opens", existing_type=sa.Time(), nullable=False)
    op.drop_constraint("uq_delivery_about", "delivery", type_="unique")
    op.drop_constraint(op.f("ck_delivery_event"), "delivery", type_="check")
    for table in ("delivery", "idempotency_key"):
        op.execute(f"DELETE FROM {table} WHERE issue_id IS NULL")  # noqa: S608 - our own names
        op.drop_constraint(op.f(f"ck_{table}_about_one"), table, type_="check")
        op.drop_index(op.f(f"ix_{table}_booking_id"), table_name=table)
        op.drop_constraint(op.f(f"fk_{table}_booking_id"), table, type_="foreignkey")
        op.drop_column(table, "booking_id")
        op.alter_column(table, "issue_id", existing_type=sa.Uuid(), nullable=False)
    op.alter_column("delivery", "event_sequence", existing_type=sa.Integer(), nullable=False)
    op.create_unique_constraint(
        op.f("uq_delivery_issue_id_event_sequence_endpoint_follower_id"),
        "delivery",
        ["issue_id", "event_sequence", "endpoint", "follower_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_shift_member_id"), table_name="shift")
    op.drop_index(op.f("ix_shift_account_id"), table_name="shift")
    op.drop_table("shift")
    op.drop_index(
        "uq_booking_seat",
        table_name="booking",
        postgresql_where="state <> 'cancelled' AND seat IS NOT NULL",
    )
    op.drop_index(
        "ix_booking_reminder",
        table_name="booking",
        postgresql_where="state = 'booked' AND reminded_at IS NULL",
    )
    op.drop_index(op.f("ix_booking_service_id"), table_name="booking")
    op.drop_index(op.f("ix_booking_helper_id"), table_name="booking")
    op.drop_index("ix_booking_day", table_name="booking")
    op.drop_table("booking")
    op.drop_table("station_service")
    op.drop_table("room")
    op.drop_index(op.f("ix_closure_station_id"), table_name="closure")
    op.drop_index(op.f("ix_closure_account_id"), table_name="closure")
    op.drop_table("closure")
