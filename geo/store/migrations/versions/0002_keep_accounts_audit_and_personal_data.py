"""Keep accounts, the audit trail and personal data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("demonstration", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("btrim(display_name) <> ''", name=op.f("ck_account_display_name")),
        sa.CheckConstraint("name ~ '^[^[:space:]]{1,64}$'", name=op.f("ck_account_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_name", "account", [sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_account", "audit_entry", ["account_id", "id"], unique=False)
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_row", "audit_entry", ["table_name", "row_key"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("sole", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("sole", name=op.f("ck_audit_head_sole")),
        sa.PrimaryKeyConstraint("sole", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_pending",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pending")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(
        "ix_audit_pending_mark",
        "audit_pending",
        ["transaction_id"],
        unique=False,
        postgresql_where="action = ''",
    )
    op.create_index(
        "ix_audit_pending_transaction", "audit_pending", ["transaction_id", "id"], unique=False
    )
    op.create_table(
        "audit_cut",
        sa.Column("entries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "cut_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("entries", name=op.f("pk_audit_cut")),
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_run")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_address", "login_attempt", ["address", "at"], unique=False)
    op.create_index("ix_login_attempt_name", "login_attempt", ["name", "at"], unique=False)
    op.create_table(
        "service_login",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_service_login")),
    )
    op.create_table(
        "sign_in_flow",
        sa.Column("state_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_sign_in_flow")),
    )
    op.create_table(
        "account_browser",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_browser_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "token_sha256", name=op.f("pk_account_browser")),
    )
    op.create_table(
        "account_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "linked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_identity_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_account_identity")),
    )
    op.create_index(
        op.f("ix_account_identity_account_id"), "account_identity", ["account_id"], unique=False
    )
    op.create_table(
        "account_role",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column(
            "granted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(place IS NOT NULL) = (role IN ('grid_worker', 'community_staff', 'street_dispatcher', 'department_handler'))",
            name=op.f("ck_account_role_place"),
        ),
        sa.CheckConstraint(
            "jurisdiction IS NOT NULL OR role IN ('auditor', 'administrator')",
            name=op.f("ck_account_role_jurisdiction"),
        ),
        sa.CheckConstraint(
            "role IN ('grid_worker', 'community_staff', 'street_dispatcher', 'department_handler', 'planner', 'auditor', 'administrator')",
            name=op.f("ck_account_role_role"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_role_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
    )
    op.create_index(
        "uq_account_role_once",
        "account_role",
        ["account_id", "role", "jurisdiction", "place"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "account_session",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_session_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_account_session")),
    )
    op.create_index(
        op.f("ix_account_session_account_id"), "account_session", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_account_session_expires_at"), "account_session", ["expires_at"], unique=False
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_token_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_api_token_account_id_name")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
    )
    op.create_table(
        "issue_reporter",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_reporter_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_issue_reporter")),
    )
    op.create_index(op.f("ix_issue_reporter_phone"), "issue_reporter", ["phone"], unique=False)
    op.create_table(
        "resident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_resident_name")),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_resident_household_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
    )
    op.create_index(op.f("ix_resident_confirmed_at"), "resident", ["confirmed_at"], unique=False)
    op.create_index(op.f("ix_resident_household_id"), "resident", ["household_id"], unique=False)
    op.create_index(op.f("ix_resident_phone"), "resident", ["phone"], unique=False)
    op.add_column("issue", sa.Column("follow_sha256", sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(op.f("uq_issue_follow_sha256"), "issue", ["follow_sha256"])
    op.execute(
        "INSERT INTO issue_reporter (issue_id, name, phone)"
        " SELECT id, reporter_name, reporter_phone FROM issue"
        " WHERE num_nonnulls(reporter_name, reporter_phone) > 0"
    )
    op.drop_column("issue", "reporter_name")
    op.drop_column("issue", "reporter_phone")
    op.add_column("issue_event", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_issue_event_account_id"), "issue_event", ["account_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_issue_event_account_id"),
        "issue_event",
        "account",
        ["account_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("issue_photo", sa.Column("width_px", sa.Integer(), nullable=True))
    op.add_column("issue_photo", sa.Column("height_px", sa.Integer(), nullable=True))
    op.add_column("issue_photo", sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
    op.add_geospatial_column(
        "issue_photo",
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
    )
    op.create_geospatial_index(
        "idx_issue_photo_location",
        "issue_photo",
        ["location"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )


def downgrade() -> None:
    """Go back."""
    op.drop_geospatial_index(
        "idx_issue_photo_location",
        table_name="issue_photo",
        postgresql_using="gist",
        column_name="location",
    )
    op.drop_geospatial_column("issue_photo", "location")
    op.drop_column("issue_photo", "taken_at")
    op.drop_column("issue_photo", "height_px")
    op.drop_column("issue_photo", "width_px")
    op.drop_constraint(op.f("fk_issue_event_account_id"), "issue_event", type_="foreignkey")
    op.drop_index(op.f("ix_issue_event_account_id"), table_name="issue_event")
    op.drop_column("issue_event", "account_id")
    op.add_column(
        "issue", sa.Column("reporter_phone", sa.TEXT(), autoincrement=False, nullable=True)
    )
    op.add_column(
        "issue", sa.Column("reporter_name", sa.TEXT(), autoincrement=False, nullable=True)
    )
    op.execute(
        "UPDATE issue SET reporter_name = issue_reporter.name, reporter_phone = issue_reporter.phone"
        " FROM issue_reporter WHERE issue_reporter.issue_id = issue.id"
    )
    op.drop_constraint(op.f("uq_issue_follow_sha256"), "issue", type_="unique")
    op.drop_column("issue", "follow_sha256")
    op.drop_index(op.f("ix_resident_phone"), table_name="resident")
    op.drop_index(op.f("ix_resident_household_id"), table_name="resident")
    op.drop_index(op.f("ix_resident_confirmed_at"), table_name="resident")
    op.drop_table("resident")
    op.drop_index(op.f("ix_issue_reporter_phone"), table_name="issue_reporter")
    op.drop_table("issue_reporter")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_account_session_expires_at"), table_name="account_session")
    op.drop_index(op.f("ix_account_session_account_id"), table_name="account_session")
    op.drop_table("account_session")
    op.drop_index(
        "uq_account_role_once", table_name="account_role", postgresql_nulls_not_distinct=True
    )
    op.drop_table("account_role")
    op.drop_index(op.f("ix_account_identity_account_id"), table_name="account_identity")
    op.drop_table("account_identity")
    op.drop_table("account_browser")
    op.drop_table("sign_in_flow")
    op.drop_table("service_login")
    op.drop_index("ix_login_attempt_name", table_name="login_attempt")
    op.drop_index("ix_login_attempt_address", table_name="login_attempt")
    op.drop_table("login_attempt")
    op.drop_table("job_run")
    op.drop_table("audit_cut")
    op.drop_index("ix_audit_pending_transaction", table_name="audit_pending")
    op.drop_index(
        "ix_audit_pending_mark", table_name="audit_pending", postgresql_where="action = ''"
    )
    op.drop_table("audit_pending")
    op.drop_table("audit_head")
    op.drop_index("ix_audit_entry_row", table_name="audit_entry")
    op.drop_index("ix_audit_entry_at", table_name="audit_entry")
    op.drop_index("ix_audit_entry_account", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("uq_account_name", table_name="account")
    op.drop_table("account")
