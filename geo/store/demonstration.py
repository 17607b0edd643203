"""What a demonstration's logins need to know of the database."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import text

from geo.store.models.issues import RUNNING

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

# The grid with the most to do shows the most; its community and street are the others' places.
PLACES = """
SELECT v.grid_id::text, c.code, s.code,
    (SELECT d.code FROM department d LEFT JOIN issue i ON i.department_id = d.id
     WHERE d.jurisdiction_id = j.id GROUP BY d.id
     ORDER BY count(i.id) FILTER (WHERE i.closed_at IS NULL) DESC, count(i.id) DESC, d.code LIMIT 1)
FROM jurisdiction j
JOIN generation g ON g.jurisdiction_id = j.id AND g.validity @> clock_timestamp()
JOIN grid_version v ON v.generation_id = g.id
JOIN community c ON c.id = v.community_id
JOIN street s ON s.id = c.street_id
LEFT JOIN LATERAL (
    SELECT count(*) AS issues, count(*) FILTER (WHERE i.closed_at IS NULL) AS in_hand
    FROM issue i WHERE i.current_grid_id = v.grid_id
) has ON true
WHERE j.slug = :slug
ORDER BY has.in_hand DESC, has.issues DESC, v.code LIMIT 1
"""


# The case that comes first is in the grid that a demonstration's worker has.
OVERDUE = f"""
SELECT issue.id, issue.jurisdiction_id
FROM issue
JOIN jurisdiction ON jurisdiction.id = issue.jurisdiction_id AND jurisdiction.synthetic
JOIN issue_deadline ON issue_deadline.issue_id = issue.id
WHERE {RUNNING} AND due_at <= clock_timestamp() AND issue.closed_at IS NULL
GROUP BY issue.id
ORDER BY issue.jurisdiction_id,
    (SELECT count(*) FROM issue AS other
     WHERE other.current_grid_id = issue.current_grid_id AND other.closed_at IS NULL) DESC,
    min(due_at), issue.number
"""  # noqa: S608 - ours


def overdue_cases(session: Session) -> list[list[UUID]]:
    """Return the overdue cases of made-up jurisdictions, a list for each; as the owner."""
    rows = session.execute(text(OVERDUE)).all()
    return [[row.id for row in own] for _, own in groupby(rows, lambda row: row.jurisdiction_id)]


def only_demonstrations(session: Session, slug: str) -> bool:
    """Tell whether a jurisdiction is loaded and it and all others are made up."""
    made_up = text(
        "SELECT coalesce(bool_and(synthetic) AND bool_or(slug = :slug), false) FROM jurisdiction"
    )
    return bool(session.execute(made_up, {"slug": slug}).scalar_one())


def places_of(session: Session, slug: str) -> dict[str, str | None]:
    """Return a place for every role in a jurisdiction, where it has one."""
    row = session.execute(text(PLACES), {"slug": slug}).first()
    whole: dict[str, str | None] = {"planner": None, "auditor": None, "administrator": None}
    if row is None:
        return whole
    grid, community, street, department = row
    placed = {
        "grid_worker": grid,
        "community_staff": community,
        "street_dispatcher": street,
        "department_handler": department,
    }
    return {role: place for role, place in placed.items() if place} | whole


def unchanged_logins(session: Session) -> dict[str, str]:
    """Return the hashes of demonstration accounts, by name, whose password nobody has changed."""
    rows = session.execute(
        text(
            "SELECT name, password_hash FROM account WHERE demonstration"
            " AND disabled_at IS NULL AND password_changed_at IS NULL"
            " AND password_hash IS NOT NULL"
        )
    )
    return {row.name: row.password_hash for row in rows}
