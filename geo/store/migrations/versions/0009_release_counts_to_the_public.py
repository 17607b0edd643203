"""Keep what was told the public about a period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "public_release",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("days", postgresql.DATERANGE(), nullable=False),
        sa.Column("geography", sa.Text(), nullable=False),
        sa.Column("side_m", sa.Float(), nullable=True),
        sa.Column("generation", sa.Text(), server_default="", nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column(
            "released_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("NOT isempty(days)", name=op.f("ck_public_release_days")),
        sa.CheckConstraint(
            "geography IN ('grid', 'hexagon', 'square')", name=op.f("ck_public_release_geography")
        ),
        sa.CheckConstraint(
            "(geography = 'grid') = (side_m IS NULL)", name=op.f("ck_public_release_side_m")
        ),
        sa.CheckConstraint("least >= 3", name=op.f("ck_public_release_least")),
        sa.CheckConstraint("total >= 0", name=op.f("ck_public_release_total")),
        postgresql.ExcludeConstraint(
            (sa.column("jurisdiction"), "="),
            (sa.column("days"), "&&"),
            using="gist",
            name="ex_public_release_days",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_release")),
    )
    op.create_geospatial_table(
        "public_cell",
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
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
        sa.CheckConstraint("count >= 3", name=op.f("ck_public_cell_count")),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["public_release.id"],
            name=op.f("fk_public_cell_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("release_id", "key", name=op.f("pk_public_cell")),
    )
    op.create_geospatial_index(
        "idx_public_cell_geom",
        "public_cell",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_geospatial_index(
        "idx_public_cell_geom",
        table_name="public_cell",
        postgresql_using="gist",
        column_name="geom",
    )
    op.drop_geospatial_table("public_cell")
    op.drop_table("public_release")
