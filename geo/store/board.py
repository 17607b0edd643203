"""What a board of cases shows of a jurisdiction: figures by state and grid, what is late, today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from geo.core.lifecycle import ENDED, OPEN

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

MOST_LATE = 60
"""How many late cases are told: more than stand on a wall."""


def place_of_work(session: Session, *roles: str) -> str | None:
    """Return the slug of the jurisdiction in which the asker has most grids in one of some roles.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    roles
        Names of roles.
    """
    found = session.execute(_PLACE, {"roles": list(roles)}).scalar_one_or_none()
    return None if found is None else str(found)


def place_of_case(session: Session, case: str) -> str | None:
    """Return the slug of the jurisdiction of a case that the asker may see; else ``None``."""
    found = session.execute(_PLACE_OF_CASE, {"case": case}).scalar_one_or_none()
    return None if found is None else str(found)


def time_zone_of(session: Session, slug: str) -> str | None:
    """Return the time zone of a jurisdiction."""
    found = session.execute(_ZONE, {"slug": slug}).scalar_one_or_none()
    return None if found is None else str(found)


def departments_of(session: Session, slug: str) -> list[dict[str, Any]]:
    """Return a jurisdiction's departments by name: ``code``, ``name`` and ``name_en``."""
    return [dict(row) for row in session.execute(_DEPARTMENTS, {"slug": slug}).mappings()]


def duties_of(session: Session, slug: str) -> list[dict[str, Any]]:
    """Return the duties that a jurisdiction's catalogue offers, by code, with their departments."""
    return [dict(row) for row in session.execute(_DUTIES, {"slug": slug}).mappings()]


def count_by(session: Session, slug: str) -> dict[str, list[dict[str, Any]]]:
    """Return how many cases there are for whoever asks, by state, and by grid of today.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    slug
        The jurisdiction.

    Returns
    -------
    dict
        ``states``: rows of ``state`` and ``count``; ``grids``: rows of ``code``, ``open``,
        ``overdue`` and ``escalated``, of open cases; the code is ``None`` for those in no grid.
    """
    values = {"slug": slug, "open": list(OPEN)}
    states = session.execute(_BY_STATE, values).mappings()
    grids = session.execute(_BY_GRID, values).mappings()
    return {"states": [dict(row) for row in states], "grids": [dict(row) for row in grids]}


def late_cases(session: Session, slug: str) -> list[RowMapping]:
    """Return the open cases whose clock has run out, the longest ago first, without any words."""
    values = {"slug": slug, "open": list(OPEN), "most": MOST_LATE}
    return list(session.execute(_LATE, values).mappings())


def count_today(session: Session, slug: str) -> dict[str, int]:
    """Return how many cases came in and how many ended today, in the jurisdiction's time zone."""
    values = {"slug": slug, "ended": sorted(ENDED)}
    return dict(session.execute(_TODAY, values).mappings().one())


_PLACE = text("""
    SELECT slug
    FROM jurisdiction
    WHERE id = ANY (asker_jurisdictions(VARIADIC CAST(:roles AS text[])))
    ORDER BY (SELECT count(*) FROM grid WHERE grid.jurisdiction_id = jurisdiction.id) DESC, slug
    LIMIT 1
""")

_PLACE_OF_CASE = text("""
    SELECT j.slug
    FROM issue i
    JOIN jurisdiction j ON j.id = i.jurisdiction_id
    WHERE i.id = CAST(:case AS uuid)
""")

_ZONE = text("SELECT timezone FROM jurisdiction WHERE slug = :slug")

_DEPARTMENTS = text("""
    SELECT d.code, d.name, d.name_en
    FROM department d
    JOIN jurisdiction j ON j.id = d.jurisdiction_id
    WHERE j.slug = :slug
    ORDER BY d.code COLLATE "C"
""")

_DUTIES = text("""
    SELECT u.code, u.name, u.name_en, u.kind, u.private, d.code AS department
    FROM duty u
    JOIN department d ON d.id = u.department_id
    JOIN jurisdiction j ON j.id = u.jurisdiction_id
    WHERE j.slug = :slug AND u.retired_at IS NULL
    ORDER BY u.code COLLATE "C"
""")

_BY_STATE = text("""
    SELECT i.state, count(*) AS count
    FROM issue i
    JOIN jurisdiction j ON j.id = i.jurisdiction_id
    WHERE j.slug = :slug
    GROUP BY i.state
    ORDER BY i.state
""")

_BY_GRID = text("""
    WITH home AS (SELECT id FROM jurisdiction WHERE slug = :slug),
    waiting AS (
        SELECT i.id, i.current_grid_id, i.escalated_at IS NOT NULL AS escalated,
               EXISTS (
                   SELECT FROM issue_deadline c
                   WHERE c.issue_id = i.id AND c.started_at IS NOT NULL AND c.met_at IS NULL
                     AND c.paused_at IS NULL AND c.due_at < now()
               ) AS overdue
        FROM issue i
        JOIN home ON home.id = i.jurisdiction_id
        WHERE i.state = ANY (:open)
    )
    SELECT v.code, count(*) AS open, count(*) FILTER (WHERE w.overdue) AS overdue,
           count(*) FILTER (WHERE w.escalated) AS escalated
    FROM waiting w
    LEFT JOIN generation g
      ON g.jurisdiction_id = (SELECT id FROM home) AND g.validity @> now()
    LEFT JOIN grid_version v ON v.generation_id = g.id AND v.grid_id = w.current_grid_id
    GROUP BY v.code
    ORDER BY v.code COLLATE "C"
""")

_LATE = text("""
    SELECT i.number, i.state, c.stage, c.due_at, u.name AS duty, u.name_en AS duty_en,
           coalesce(u.private OR m.private, u.private, false) AS private,
           v.name AS grid, v.name_en AS grid_en, j.timezone
    FROM issue i
    JOIN jurisdiction j ON j.id = i.jurisdiction_id
    JOIN LATERAL (
        SELECT o.stage, o.due_at
        FROM issue_deadline o
        WHERE o.issue_id = i.id AND o.started_at IS NOT NULL AND o.met_at IS NULL
          AND o.paused_at IS NULL AND o.due_at < now()
        ORDER BY o.due_at
        LIMIT 1
    ) c ON true
    LEFT JOIN duty u ON u.id = i.duty_id
    LEFT JOIN duty_version m ON m.duty_id = i.duty_id AND m.number = i.duty_version
    LEFT JOIN generation g ON g.jurisdiction_id = j.id AND g.validity @> now()
    LEFT JOIN grid_version v ON v.generation_id = g.id AND v.grid_id = i.current_grid_id
    WHERE j.slug = :slug AND i.state = ANY (:open)
    ORDER BY c.due_at, i.number
    LIMIT :most
""")

_TODAY = text("""
    SELECT count(*) FILTER (WHERE i.received_at >= day.begins) AS received,
           count(*) FILTER (WHERE i.closed_at >= day.begins AND i.state = 'closed') AS closed,
           count(*) FILTER (WHERE i.closed_at >= day.begins AND i.state = ANY (:ended)) AS ended
    FROM jurisdiction j
    CROSS JOIN LATERAL (
        SELECT date_trunc('day', now() AT TIME ZONE j.timezone) AT TIME ZONE j.timezone AS begins
    ) day
    LEFT JOIN issue i
      ON i.jurisdiction_id = j.id AND (i.received_at >= day.begins OR i.closed_at >= day.begins)
    WHERE j.slug = :slug
""")
