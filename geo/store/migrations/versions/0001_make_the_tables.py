"""Make the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_geospatial_table(
        "jurisdiction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("metric_srid", sa.Integer(), nullable=False),
        sa.Column(
            "area",
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
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("notice_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("review_number", sa.Text(), nullable=True),
        sa.Column(
            "loaded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "division_code ~ '^[0-9]{6}$'", name=op.f("ck_jurisdiction_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jurisdiction")),
        sa.UniqueConstraint("slug", name=op.f("uq_jurisdiction_slug")),
    )
    op.create_geospatial_index(
        "idx_jurisdiction_area",
        "jurisdiction",
        ["area"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_waiting", "outbox", ["id"], unique=False, postgresql_where="delivered_at IS NULL"
    )
    op.create_table(
        "sql_file",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column(
            "applied_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sql_file")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("ck_calendar_day_kind")),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_calendar_day_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("jurisdiction_id", "day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "department",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_department_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint(
            "jurisdiction_id", "code", name=op.f("uq_department_jurisdiction_id_code")
        ),
    )
    op.create_table(
        "generation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("validity", postgresql.TSTZRANGE(), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("taken_up_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("jurisdiction_id"), "="),
            (sa.column("validity"), "&&"),
            using="gist",
            name="ex_generation_validity",
        ),
        sa.CheckConstraint(
            "NOT isempty(validity) AND NOT lower_inf(validity)", name=op.f("ck_generation_validity")
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_generation_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
        sa.UniqueConstraint(
            "jurisdiction_id", "number", name=op.f("uq_generation_jurisdiction_id_number")
        ),
        sa.UniqueConstraint("label", name=op.f("uq_generation_label")),
    )
    op.create_index(
        "uq_generation_current",
        "generation",
        ["jurisdiction_id"],
        unique=True,
        postgresql_where="upper_inf(validity)",
    )
    op.create_table(
        "grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_grid_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
    )
    op.create_index(op.f("ix_grid_jurisdiction_id"), "grid", ["jurisdiction_id"], unique=False)
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
    op.create_geospatial_table(
        "road",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("walkable", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
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
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_road_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road")),
    )
    op.create_geospatial_index(
        "idx_road_geom", "road", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_road_jurisdiction_id"), "road", ["jurisdiction_id"], unique=False)
    op.create_table(
        "street",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9]{9}$'", name=op.f("ck_street_code")),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_street_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street")),
        sa.UniqueConstraint("jurisdiction_id", "code", name=op.f("uq_street_jurisdiction_id_code")),
    )
    op.create_geospatial_table(
        "water",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
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
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_water_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_water")),
    )
    op.create_geospatial_index(
        "idx_water_geom",
        "water",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_water_jurisdiction_id"), "water", ["jurisdiction_id"], unique=False)
    op.create_table(
        "work_hours",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("opens < closes", name=op.f("ck_work_hours_opens_before_closes")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_work_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_work_hours_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_hours")),
        sa.UniqueConstraint(
            "jurisdiction_id",
            "weekday",
            "opens",
            name=op.f("uq_work_hours_jurisdiction_id_weekday_opens"),
        ),
    )
    op.create_geospatial_table(
        "community",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column(
            "area",
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
        sa.CheckConstraint("code ~ '^[0-9]{12}$'", name=op.f("ck_community_code")),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_community_street_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("street_id", "code", name=op.f("uq_community_street_id_code")),
    )
    op.create_geospatial_index(
        "idx_community_area",
        "community",
        ["area"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('component', 'event')", name=op.f("ck_duty_kind")),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_duty_department_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_duty_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
        sa.UniqueConstraint("jurisdiction_id", "code", name=op.f("uq_duty_jurisdiction_id_code")),
    )
    op.create_index(op.f("ix_duty_department_id"), "duty", ["department_id"], unique=False)
    op.create_table(
        "party_branch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_party_branch_grid_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_branch")),
        sa.UniqueConstraint("grid_id", name=op.f("uq_party_branch_grid_id")),
    )
    op.create_geospatial_table(
        "compound",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
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
            ["community_id"],
            ["community.id"],
            name=op.f("fk_compound_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compound")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_compound_community_id_code")),
    )
    op.create_geospatial_index(
        "idx_compound_geom",
        "compound",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "duty_deadline",
        sa.Column("duty_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('dispatch', 'accept', 'handle', 'feed_back')",
            name=op.f("ck_duty_deadline_stage"),
        ),
        sa.CheckConstraint("unit IN ('work_hour', 'work_day')", name=op.f("ck_duty_deadline_unit")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_duty_deadline_amount")),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["duty.id"], name=op.f("fk_duty_deadline_duty_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("duty_id", "stage", name=op.f("pk_duty_deadline")),
    )
    op.create_geospatial_table(
        "grid_version",
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
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
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.column("grid_id"), "<>"),
            using="gist",
            name="ex_grid_version_code_reused",
        ),
        sa.CheckConstraint("code ~ '^[0-9]{15}$'", name=op.f("ck_grid_version_code")),
        sa.CheckConstraint("kind IN ('general', 'dedicated')", name=op.f("ck_grid_version_kind")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_grid_version_geom_valid")),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_grid_version_community_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_grid_version_generation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_grid_version_grid_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("generation_id", "grid_id", name=op.f("pk_grid_version")),
        sa.UniqueConstraint(
            "generation_id", "code", name=op.f("uq_grid_version_generation_id_code")
        ),
    )
    op.create_geospatial_index(
        "idx_grid_version_geom",
        "grid_version",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_grid_version_community_id"), "grid_version", ["community_id"], unique=False
    )
    op.create_index(op.f("ix_grid_version_grid_id"), "grid_version", ["grid_id"], unique=False)
    op.create_table(
        "paired_unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_paired_unit_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paired_unit")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_paired_unit_community_id_code")),
    )
    op.create_geospatial_table(
        "station",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("zones", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("facilities", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('red_station', 'workstation')", name=op.f("ck_station_kind")),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_station_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_station_community_id_code")),
    )
    op.create_geospatial_index(
        "idx_station_geom",
        "station",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "block",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
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
            ["community_id"],
            ["community.id"],
            name=op.f("fk_block_community_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("fk_block_compound_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_block_community_id_code")),
    )
    op.create_geospatial_index(
        "idx_block_geom",
        "block",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_block_compound_id"), "block", ["compound_id"], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("paired_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "role IN ('committee_member', 'paired_unit_member', 'grid_worker', 'owners_committee_member', 'volunteer', 'party_member')",
            name=op.f("ck_member_role"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_member_community_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["paired_unit_id"],
            ["paired_unit.id"],
            name=op.f("fk_member_paired_unit_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_member_community_id_code")),
    )
    op.create_index(op.f("ix_member_paired_unit_id"), "member", ["paired_unit_id"], unique=False)
    op.create_table(
        "opening_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint(
            "day IN ('1', '2', '3', '4', '5', '6', '7', 'holiday', 'workday')",
            name=op.f("ck_opening_rule_day"),
        ),
        sa.CheckConstraint(
            "opens <> closes OR closes = '00:00'", name=op.f("ck_opening_rule_not_empty")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["station.id"],
            name=op.f("fk_opening_rule_station_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_rule")),
        sa.UniqueConstraint(
            "station_id", "day", "opens", name=op.f("uq_opening_rule_station_id_day_opens")
        ),
    )
    op.create_geospatial_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("block_id", sa.BigInteger(), nullable=False),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("storeys", sa.Integer(), nullable=False),
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
        sa.Column(
            "site",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("storeys > 0", name=op.f("ck_building_storeys")),
        sa.ForeignKeyConstraint(
            ["block_id"], ["block.id"], name=op.f("fk_building_block_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"],
            ["compound.id"],
            name=op.f("fk_building_compound_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_building_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint(
            "jurisdiction_id", "code", name=op.f("uq_building_jurisdiction_id_code")
        ),
    )
    op.create_geospatial_index(
        "idx_building_geom",
        "building",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_index(
        "idx_building_site",
        "building",
        ["site"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_building_block_id"), "building", ["block_id"], unique=False)
    op.create_index(op.f("ix_building_compound_id"), "building", ["compound_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_unit_building_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("building_id", "number", name=op.f("uq_unit_building_id_number")),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_household_people")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_household_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("unit_id", "room", name=op.f("uq_household_unit_id_room")),
    )
    op.create_geospatial_table(
        "issue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("duty_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
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
        sa.Column("given_datum", sa.Text(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("confident", sa.Boolean(), nullable=False),
        sa.Column("reported_generation_id", sa.BigInteger(), nullable=True),
        sa.Column("reported_grid_id", sa.Uuid(), nullable=True),
        sa.Column("current_grid_id", sa.Uuid(), nullable=True),
        sa.Column("nearest_grid_id", sa.Uuid(), nullable=True),
        sa.Column("reporter_name", sa.Text(), nullable=True),
        sa.Column("reporter_phone", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(reported_grid_id IS NULL) = (method IN ('outside', 'none'))",
            name=op.f("ck_issue_routed"),
        ),
        sa.CheckConstraint(
            "method IN ('inside', 'edge', 'nearest', 'outside', 'unit', 'none')",
            name=op.f("ck_issue_method"),
        ),
        sa.CheckConstraint("accuracy_m >= 0", name=op.f("ck_issue_accuracy_m")),
        sa.CheckConstraint("distance_m >= 0", name=op.f("ck_issue_distance_m")),
        sa.ForeignKeyConstraint(
            ["current_grid_id"],
            ["grid.id"],
            name=op.f("fk_issue_current_grid_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_issue_department_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["duty_id"],
            ["duty.id"],
            name=op.f("fk_issue_duty_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["jurisdiction_id"],
            ["jurisdiction.id"],
            name=op.f("fk_issue_jurisdiction_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["nearest_grid_id"],
            ["grid.id"],
            name=op.f("fk_issue_nearest_grid_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["reported_generation_id", "reported_grid_id"],
            ["grid_version.generation_id", "grid_version.grid_id"],
            name=op.f("fk_issue_reported_generation_id_reported_grid_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["reported_generation_id"],
            ["generation.id"],
            name=op.f("fk_issue_reported_generation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
            name=op.f("fk_issue_unit_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint(
            "jurisdiction_id", "number", name=op.f("uq_issue_jurisdiction_id_number")
        ),
    )
    op.create_geospatial_index(
        "idx_issue_location",
        "issue",
        ["location"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_issue_current_grid_id"), "issue", ["current_grid_id"], unique=False)
    op.create_index(op.f("ix_issue_department_id"), "issue", ["department_id"], unique=False)
    op.create_index(op.f("ix_issue_duty_id"), "issue", ["duty_id"], unique=False)
    op.create_index(op.f("ix_issue_nearest_grid_id"), "issue", ["nearest_grid_id"], unique=False)
    op.create_index(
        "ix_issue_occurred_at", "issue", ["jurisdiction_id", "occurred_at"], unique=False
    )
    op.create_index(
        "ix_issue_reported", "issue", ["reported_generation_id", "reported_grid_id"], unique=False
    )
    op.create_index("ix_issue_state", "issue", ["jurisdiction_id", "state"], unique=False)
    op.create_index(op.f("ix_issue_unit_id"), "issue", ["unit_id"], unique=False)
    op.create_table(
        "unit_assignment",
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source IN ('geometry', 'override')", name=op.f("ck_unit_assignment_source")
        ),
        sa.ForeignKeyConstraint(
            ["generation_id", "grid_id"],
            ["grid_version.generation_id", "grid_version.grid_id"],
            name=op.f("fk_unit_assignment_generation_id_grid_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_unit_assignment_generation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_assignment_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("generation_id", "unit_id", name=op.f("pk_unit_assignment")),
    )
    op.create_index(
        "ix_unit_assignment_generation_id_grid_id",
        "unit_assignment",
        ["generation_id", "grid_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_unit_assignment_unit_id"), "unit_assignment", ["unit_id"], unique=False
    )
    op.create_table(
        "unit_override",
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("btrim(made_by) <> ''", name=op.f("ck_unit_override_made_by")),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_unit_override_reason")),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_unit_override_grid_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_override_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_override")),
    )
    op.create_index(op.f("ix_unit_override_grid_id"), "unit_override", ["grid_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_idempotency_key_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_issue_id"), "idempotency_key", ["issue_id"], unique=False
    )
    op.create_table(
        "issue_deadline",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_deadline_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", "stage", name=op.f("pk_issue_deadline")),
    )
    op.create_index(op.f("ix_issue_deadline_due_at"), "issue_deadline", ["due_at"], unique=False)
    op.create_table(
        "issue_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_event_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_event")),
        sa.UniqueConstraint("issue_id", "sequence", name=op.f("uq_issue_event_issue_id_sequence")),
    )
    op.create_table(
        "issue_photo",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_photo_issue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_photo")),
        sa.UniqueConstraint("issue_id", "position", name=op.f("uq_issue_photo_issue_id_position")),
    )
    op.create_table(
        "responsibility",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "level = CASE WHEN grid_id IS NOT NULL THEN 'area' WHEN building_id IS NOT NULL THEN 'building' WHEN unit_id IS NOT NULL THEN 'unit' ELSE 'household' END",
            name=op.f("ck_responsibility_level"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(grid_id, building_id, unit_id, household_id) = 1",
            name=op.f("ck_responsibility_one_target"),
        ),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["building.id"],
            name=op.f("fk_responsibility_building_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_responsibility_grid_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_responsibility_household_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_responsibility_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_responsibility_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility")),
    )
    op.create_index(
        op.f("ix_responsibility_building_id"), "responsibility", ["building_id"], unique=False
    )
    op.create_index(op.f("ix_responsibility_grid_id"), "responsibility", ["grid_id"], unique=False)
    op.create_index(
        op.f("ix_responsibility_household_id"), "responsibility", ["household_id"], unique=False
    )
    op.create_index(op.f("ix_responsibility_unit_id"), "responsibility", ["unit_id"], unique=False)
    op.create_index(
        "uq_responsibility_link",
        "responsibility",
        ["member_id", "grid_id", "building_id", "unit_id", "household_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(
        "uq_responsibility_link", table_name="responsibility", postgresql_nulls_not_distinct=True
    )
    op.drop_index(op.f("ix_responsibility_unit_id"), table_name="responsibility")
    op.drop_index(op.f("ix_responsibility_household_id"), table_name="responsibility")
    op.drop_index(op.f("ix_responsibility_grid_id"), table_name="responsibility")
    op.drop_index(op.f("ix_responsibility_building_id"), table_name="responsibility")
    op.drop_table("responsibility")
    op.drop_table("issue_photo")
    op.drop_table("issue_event")
    op.drop_index(op.f("ix_issue_deadline_due_at"), table_name="issue_deadline")
    op.drop_table("issue_deadline")
    op.drop_index(op.f("ix_idempotency_key_issue_id"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index(op.f("ix_unit_override_grid_id"), table_name="unit_override")
    op.drop_table("unit_override")
    op.drop_index(op.f("ix_unit_assignment_unit_id"), table_name="unit_assignment")
    op.drop_index("ix_unit_assignment_generation_id_grid_id", table_name="unit_assignment")
    op.drop_table("unit_assignment")
    op.drop_index(op.f("ix_issue_unit_id"), table_name="issue")
    op.drop_index("ix_issue_state", table_name="issue")
    op.drop_index("ix_issue_reported", table_name="issue")
    op.drop_index("ix_issue_occurred_at", table_name="issue")
    op.drop_index(op.f("ix_issue_nearest_grid_id"), table_name="issue")
    op.drop_index(op.f("ix_issue_duty_id"), table_name="issue")
    op.drop_index(op.f("ix_issue_department_id"), table_name="issue")
    op.drop_index(op.f("ix_issue_current_grid_id"), table_name="issue")
    op.drop_geospatial_index(
        "idx_issue_location", table_name="issue", postgresql_using="gist", column_name="location"
    )
    op.drop_geospatial_table("issue")
    op.drop_table("household")
    op.drop_table("unit")
    op.drop_index(op.f("ix_building_compound_id"), table_name="building")
    op.drop_index(op.f("ix_building_block_id"), table_name="building")
    op.drop_geospatial_index(
        "idx_building_site", table_name="building", postgresql_using="gist", column_name="site"
    )
    op.drop_geospatial_index(
        "idx_building_geom", table_name="building", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("building")
    op.drop_table("opening_rule")
    op.drop_index(op.f("ix_member_paired_unit_id"), table_name="member")
    op.drop_table("member")
    op.drop_index(op.f("ix_block_compound_id"), table_name="block")
    op.drop_geospatial_index(
        "idx_block_geom", table_name="block", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("block")
    op.drop_geospatial_index(
        "idx_station_geom", table_name="station", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("station")
    op.drop_table("paired_unit")
    op.drop_index(op.f("ix_grid_version_grid_id"), table_name="grid_version")
    op.drop_index(op.f("ix_grid_version_community_id"), table_name="grid_version")
    op.drop_geospatial_index(
        "idx_grid_version_geom",
        table_name="grid_version",
        postgresql_using="gist",
        column_name="geom",
    )
    op.drop_geospatial_table("grid_version")
    op.drop_table("duty_deadline")
    op.drop_geospatial_index(
        "idx_compound_geom", table_name="compound", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("compound")
    op.drop_table("party_branch")
    op.drop_index(op.f("ix_duty_department_id"), table_name="duty")
    op.drop_table("duty")
    op.drop_geospatial_index(
        "idx_community_area", table_name="community", postgresql_using="gist", column_name="area"
    )
    op.drop_geospatial_table("community")
    op.drop_table("work_hours")
    op.drop_index(op.f("ix_water_jurisdiction_id"), table_name="water")
    op.drop_geospatial_index(
        "idx_water_geom", table_name="water", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("water")
    op.drop_table("street")
    op.drop_index(op.f("ix_road_jurisdiction_id"), table_name="road")
    op.drop_geospatial_index(
        "idx_road_geom", table_name="road", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("road")
    op.drop_table("issue_number")
    op.drop_index(op.f("ix_grid_jurisdiction_id"), table_name="grid")
    op.drop_table("grid")
    op.drop_index(
        "uq_generation_current", table_name="generation", postgresql_where="upper_inf(validity)"
    )
    op.drop_table("generation")
    op.drop_table("department")
    op.drop_table("calendar_day")
    op.drop_table("sql_file")
    op.drop_index("ix_outbox_waiting", table_name="outbox", postgresql_where="delivered_at IS NULL")
    op.drop_table("outbox")
    op.drop_geospatial_index(
        "idx_jurisdiction_area",
        table_name="jurisdiction",
        postgresql_using="gist",
        column_name="area",
    )
    op.drop_geospatial_table("jurisdiction")
