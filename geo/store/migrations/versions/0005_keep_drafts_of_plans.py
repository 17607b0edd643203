"""Keep drafts of plans, with their log, review and jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BRANCH = ("branch_name", "branch_name_en", "branch_phone")


def upgrade() -> None:
    """Go forward."""
    for name in BRANCH:
        op.add_column("grid_version", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "plan_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("base_generation_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("parent_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reviewed_version", sa.Integer(), nullable=True),
        sa.Column("generation_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_plan_draft_name")),
        sa.CheckConstraint(
            "state IN ('open', 'submitted', 'returned', 'approved', 'published', 'archived')",
            name=op.f("ck_plan_draft_state"),
        ),
        sa.ForeignKeyConstraint(
            ["base_generation_id"],
            ["generation.id"],
            name=op.f("fk_plan_draft_base_generation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["account.id"],
            name=op.f("fk_plan_draft_created_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_plan_draft_generation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_plan_draft_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["plan_draft.id"],
            name=op.f("fk_plan_draft_parent_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
    )
    op.create_index(
        op.f("ix_plan_draft_base_generation_id"), "plan_draft", ["base_generation_id"], unique=False
    )
    op.create_index(op.f("ix_plan_draft_created_by"), "plan_draft", ["created_by"], unique=False)
    op.create_index(
        op.f("ix_plan_draft_generation_id"), "plan_draft", ["generation_id"], unique=False
    )
    op.create_index(
        op.f("ix_plan_draft_jurisdiction_id"), "plan_draft", ["jurisdiction_id"], unique=False
    )
    op.create_index(op.f("ix_plan_draft_parent_id"), "plan_draft", ["parent_id"], unique=False)
    op.create_geospatial_table(
        "plan_cell",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=False),
        sa.Column("block_code", sa.Text(), server_default="", nullable=False),
        sa.Column("compound_code", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_cell_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", "key", name=op.f("pk_plan_cell")),
    )
    op.create_geospatial_index(
        "idx_plan_cell_geom",
        "plan_cell",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "plan_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "geom",
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
        sa.Column("answers", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("btrim(text) <> ''", name=op.f("ck_plan_comment_text")),
        sa.CheckConstraint(
            "num_nonnulls(geom, answers) = 1", name=op.f("ck_plan_comment_pinned_or_answering")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_plan_comment_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["answers"],
            ["plan_comment.id"],
            name=op.f("fk_plan_comment_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["plan_draft.id"],
            name=op.f("fk_plan_comment_draft_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"],
            ["account.id"],
            name=op.f("fk_plan_comment_resolved_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_comment")),
    )
    op.create_geospatial_index(
        "idx_plan_comment_geom",
        "plan_comment",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_plan_comment_account_id"), "plan_comment", ["account_id"], unique=False
    )
    op.create_index(op.f("ix_plan_comment_answers"), "plan_comment", ["answers"], unique=False)
    op.create_index(op.f("ix_plan_comment_draft_id"), "plan_comment", ["draft_id"], unique=False)
    op.create_index(
        op.f("ix_plan_comment_resolved_by"), "plan_comment", ["resolved_by"], unique=False
    )
    op.create_table(
        "plan_entry",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column(
            "seq",
            sa.Integer(),
            server_default=sa.FetchedValue(),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_plan_entry_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_entry_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", "seq", name=op.f("pk_plan_entry")),
        sa.UniqueConstraint("draft_id", "key", name=op.f("uq_plan_entry_draft_id_key")),
    )
    op.create_index(op.f("ix_plan_entry_account_id"), "plan_entry", ["account_id"], unique=False)
    op.create_table(
        "plan_grid",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("branch_name", sa.Text(), server_default="", nullable=False),
        sa.Column("branch_name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("branch_phone", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('general', 'dedicated')", name=op.f("ck_plan_grid_kind")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_grid_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("draft_id", "grid_id", name=op.f("pk_plan_grid")),
    )
    op.create_table(
        "plan_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column(
            "progress", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_plan_job_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_plan_job_created_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_job_draft_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_plan_job_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_job")),
    )
    op.create_index(op.f("ix_plan_job_created_by"), "plan_job", ["created_by"], unique=False)
    op.create_index(op.f("ix_plan_job_draft_id"), "plan_job", ["draft_id"], unique=False)
    op.create_index(
        op.f("ix_plan_job_jurisdiction_id"), "plan_job", ["jurisdiction_id"], unique=False
    )
    op.create_index(
        "ix_plan_job_waiting",
        "plan_job",
        ["created_at"],
        unique=False,
        postgresql_where="state IN ('waiting', 'running')",
    )
    op.create_table(
        "plan_mark",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_plan_mark_name")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_plan_mark_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_mark_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_mark")),
        sa.UniqueConstraint("draft_id", "name", name=op.f("uq_plan_mark_draft_id_name")),
    )
    op.create_index(op.f("ix_plan_mark_account_id"), "plan_mark", ["account_id"], unique=False)
    op.create_table(
        "plan_share",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["account.id"],
            name=op.f("fk_plan_share_created_by"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_share_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_plan_share")),
    )
    op.create_index(op.f("ix_plan_share_created_by"), "plan_share", ["created_by"], unique=False)
    op.create_index(op.f("ix_plan_share_draft_id"), "plan_share", ["draft_id"], unique=False)
    op.create_table(
        "plan_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "action IN ('submit', 'return', 'approve', 'recall', 'publish', 'withdraw', 'archive')",
            name=op.f("ck_plan_step_action"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_plan_step_account_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["plan_draft.id"], name=op.f("fk_plan_step_draft_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_step")),
    )
    op.create_index(op.f("ix_plan_step_account_id"), "plan_step", ["account_id"], unique=False)
    op.create_index(op.f("ix_plan_step_draft_id"), "plan_step", ["draft_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    for name in reversed(BRANCH):
        op.drop_column("grid_version", name)
    op.drop_index(op.f("ix_plan_step_draft_id"), table_name="plan_step")
    op.drop_index(op.f("ix_plan_step_account_id"), table_name="plan_step")
    op.drop_table("plan_step")
    op.drop_index(op.f("ix_plan_share_draft_id"), table_name="plan_share")
    op.drop_index(op.f("ix_plan_share_created_by"), table_name="plan_share")
    op.drop_table("plan_share")
    op.drop_index(op.f("ix_plan_mark_account_id"), table_name="plan_mark")
    op.drop_table("plan_mark")
    op.drop_index(
        "ix_plan_job_waiting",
        table_name="plan_job",
        postgresql_where="state IN ('waiting', 'running')",
    )
    op.drop_index(op.f("ix_plan_job_jurisdiction_id"), table_name="plan_job")
    op.drop_index(op.f("ix_plan_job_draft_id"), table_name="plan_job")
    op.drop_index(op.f("ix_plan_job_created_by"), table_name="plan_job")
    op.drop_table("plan_job")
    op.drop_table("plan_grid")
    op.drop_index(op.f("ix_plan_entry_account_id"), table_name="plan_entry")
    op.drop_table("plan_entry")
    op.drop_index(op.f("ix_plan_comment_resolved_by"), table_name="plan_comment")
    op.drop_index(op.f("ix_plan_comment_draft_id"), table_name="plan_comment")
    op.drop_index(op.f("ix_plan_comment_answers"), table_name="plan_comment")
    op.drop_index(op.f("ix_plan_comment_account_id"), table_name="plan_comment")
    op.drop_geospatial_index(
        "idx_plan_comment_geom",
        table_name="plan_comment",
        postgresql_using="gist",
        column_name="geom",
    )
    op.drop_geospatial_table("plan_comment")
    op.drop_geospatial_index(
        "idx_plan_cell_geom", table_name="plan_cell", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("plan_cell")
    op.drop_index(op.f("ix_plan_draft_parent_id"), table_name="plan_draft")
    op.drop_index(op.f("ix_plan_draft_jurisdiction_id"), table_name="plan_draft")
    op.drop_index(op.f("ix_plan_draft_generation_id"), table_name="plan_draft")
    op.drop_index(op.f("ix_plan_draft_created_by"), table_name="plan_draft")
    op.drop_index(op.f("ix_plan_draft_base_generation_id"), table_name="plan_draft")
    op.drop_table("plan_draft")
